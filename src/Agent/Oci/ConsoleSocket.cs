using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Oci;

/// <summary>
/// Where the other side of a process' terminal goes: the socket that the caller listens on, or this process. Owns its
/// descriptors.
/// </summary>
internal sealed class ConsoleSocket : IDisposable
{
    private readonly UnixSocket? _child, _own;

    private ConsoleSocket(UnixSocket? child, UnixSocket? own) => (_child, _own) = (child, own);

    /// <summary>For the process that gets the terminal; null when it gets none.</summary>
    public Fd? ForChild => _child?.Fd;

    /// <summary>Opens what is needed.</summary>
    /// <param name="terminal">Whether the process gets a terminal.</param>
    /// <param name="path">--console-socket, or null.</param>
    /// <param name="detach">Whether nobody will be here to hold the terminal.</param>
    public static ConsoleSocket Open(bool terminal, string? path, bool detach)
    {
        if (!terminal)
            return path is null ? new ConsoleSocket(null, null) : throw new UsageException(
                "cannot use --console-socket: process.terminal is false");
        if (path is not null && !detach)
            throw new UsageException("cannot use --console-socket without --detach");
        if (path is not null) return new ConsoleSocket(UnixSocket.Connect(path, UnixSocketType.SOCK_STREAM), null);
        if (detach) throw new UsageException(
            "cannot allocate a terminal when detached: process.terminal is true and --console-socket is missing");
        var (child, own) = UnixSocket.Pair(UnixSocketType.SOCK_STREAM);
        return new ConsoleSocket(child, own);
    }

    /// <summary>The terminal's other side, once the process has sent it; null where it went elsewhere.</summary>
    public Fd? Receive()
    {
        if (_own is null) return null;
        var received = new List<Fd>();
        Errno errno = _own.TryReceive(new byte[64], out _, received);
        return errno == Errno.None && received.Count == 1 ? received[0]
            : throw new LinuxException(errno, "recvmsg", "the container's terminal");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _child?.Dispose();
        _own?.Dispose();
    }
}
