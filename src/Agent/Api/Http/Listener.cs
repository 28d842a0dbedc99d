using System.Net.Sockets;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Api.Http;

/// <summary>A socket that clients connect to: <c>unix://PATH</c>. Whoever can, is root on this host.</summary>
internal sealed class Listener : IDisposable
{
    private const string Unix = "unix://", Tcp = "tcp://";

    private readonly Socket _socket;
    private readonly string? _path;

    private Listener(Socket socket, string? path) => (_socket, _path) = (socket, path);

    /// <summary>The path or address.</summary>
    public string Address { get; private init; } = "";

    /// <summary>Listens.</summary>
    /// <param name="address">Where.</param>
    /// <param name="mode">Of a path: who may connect.</param>
    /// <param name="group">Of a path: the group that it belongs to; null leaves it root's.</param>
    /// <exception cref="UsageException">No such address.</exception>
    public static Listener Open(string address, uint mode, uint? group)
    {
        if (address.StartsWith(Unix, StringComparison.Ordinal) && address.Length > Unix.Length)
            return OpenPath(address, address[Unix.Length..], mode, group);
        throw new UsageException(address.StartsWith(Tcp, StringComparison.Ordinal)
            ? $"--listen \"{address}\": TCP needs certificates of its clients, which this version cannot ask for; a "
                + "tunnel (docker -H ssh://USER@HOST) reaches the socket"
            : $"bad --listen \"{address}\": expected unix://PATH");
    }

    /// <summary>The next client.</summary>
    public async ValueTask<Socket> AcceptAsync(CancellationToken ended) => await _socket.AcceptAsync(ended);

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        if (_path is not null) Files.TryUnlinkAt(Fd.Cwd, _path);
    }

    private static Listener OpenPath(string address, string path, uint mode, uint? group)
    {
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory) Files.MakeDirectories(directory);
        // The name has its mode from the start, so that nobody slips in between.
        UnixSocket server = UnixSocket.Listen(path, UnixSocketType.SOCK_STREAM, mode);
        if (group is { } id && Files.TryChownAt(Fd.Cwd, path, uint.MaxValue, id) is not Errno.None and var errno)
        {
            server.Dispose();
            throw new LinuxException(errno, "chown", path);
        }
        var socket = new Socket(new SafeSocketHandle(server.Fd.Release(), ownsHandle: true));
        return new Listener(socket, path) { Address = address };
    }
}
