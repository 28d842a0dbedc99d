using Skiff.Interop;

namespace Skiff.Agent.Monitor.Proxy;

/// <summary>Empty pipes. A connection has one of them only while bytes of it are on their way.</summary>
internal sealed class SplicePipes : IDisposable
{
    private const int KeptCount = 4;

    private readonly Stack<(Fd Read, Fd Write)> _kept = new(KeptCount);

    /// <summary>One to be returned, or closed.</summary>
    /// <exception cref="LinuxException">There are no descriptors left.</exception>
    public (Fd Read, Fd Write) Rent() => _kept.Count > 0 ? _kept.Pop() : Files.Pipe(nonBlocking: true);

    /// <summary>Takes it back; it has to be empty.</summary>
    public void Return((Fd Read, Fd Write) pipe)
    {
        if (_kept.Count < KeptCount) _kept.Push(pipe);
        else Close(pipe);
    }

    /// <summary>Closes one, and what is in it is lost.</summary>
    public static void Close((Fd Read, Fd Write) pipe)
    {
        pipe.Read.Dispose();
        pipe.Write.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var pipe in _kept) Close(pipe);
        _kept.Clear();
    }
}
