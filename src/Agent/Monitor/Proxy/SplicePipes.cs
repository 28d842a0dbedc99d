using Skiff.Interop;

namespace Skiff.Agent.Monitor.Proxy;

/// <summary>Empty pipes. A connection has one of them only while bytes of it are on their way.</summary>
internal sealed class SplicePipes : IDisposable
{
    private readonly SplicePipe?[] _kept = new SplicePipe?[4];

    /// <summary>One to be returned, or disposed of.</summary>
    /// <exception cref="LinuxException">There are no descriptors left.</exception>
    public SplicePipe Rent()
    {
        foreach (ref SplicePipe? kept in _kept.AsSpan())
            if (kept is { } pipe)
            {
                kept = null;
                return pipe;
            }
        return new SplicePipe();
    }

    /// <summary>Takes it back; it has to be empty.</summary>
    public void Return(SplicePipe pipe)
    {
        foreach (ref SplicePipe? kept in _kept.AsSpan())
            if (kept is null)
            {
                kept = pipe;
                return;
            }
        pipe.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SplicePipe? pipe in _kept) pipe?.Dispose();
    }
}
