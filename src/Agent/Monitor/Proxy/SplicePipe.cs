using Skiff.Interop;

namespace Skiff.Agent.Monitor.Proxy;

/// <summary>Both ends of a pipe.</summary>
internal sealed class SplicePipe : IDisposable
{
    /// <summary>Opens one.</summary>
    /// <exception cref="LinuxException">There are no descriptors left.</exception>
    public SplicePipe() => (Read, Write) = Files.Pipe(nonBlocking: true);

    /// <summary>Where bytes come out.</summary>
    public Fd Read { get; }

    /// <summary>Where they go in.</summary>
    public Fd Write { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Read.Dispose();
        Write.Dispose();
    }
}
