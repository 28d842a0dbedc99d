using System.Net;
using System.Net.Sockets;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Api.Http;

/// <summary>A socket that clients connect to: <c>unix://PATH</c> or <c>tcp://HOST:PORT</c>.</summary>
internal sealed class Listener : IDisposable
{
    private const string Unix = "unix://", Tcp = "tcp://";
    private const int Backlog = 1024;

    private readonly Socket _socket;
    private readonly string? _path;

    private Listener(Socket socket, string? path) => (_socket, _path) = (socket, path);

    /// <summary>The path or address.</summary>
    public string Address { get; private init; } = "";

    /// <summary>Listens.</summary>
    /// <param name="address">Where.</param>
    /// <param name="mode">Of a path: who may connect.</param>
    /// <param name="group">Of a path: the group that it belongs to; null leaves it root's.</param>
    /// <exception cref="UsageException">No such address, or somebody has it.</exception>
    public static Listener Open(string address, uint mode, uint? group)
    {
        if (address.StartsWith(Unix, StringComparison.Ordinal) && address.Length > Unix.Length)
            return OpenPath(address, address[Unix.Length..], mode, group);
        if (!address.StartsWith(Tcp, StringComparison.Ordinal)
            || !IPEndPoint.TryParse(address[Tcp.Length..], out IPEndPoint? end) || end.Port == 0)
            throw new UsageException($"bad --listen \"{address}\": expected unix://PATH or tcp://ADDRESS:PORT with a "
                + "numeric address");
        var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(end);
            socket.Listen(Backlog);
            return new Listener(socket, null) { Address = address };
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new UsageException($"cannot listen at {address}: {e.Message}");
        }
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
