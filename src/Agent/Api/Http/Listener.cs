using System.Net.Sockets;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Api.Http;

/// <summary>A socket that clients connect to: <c>unix://PATH</c>. Whoever can, is root on this host.</summary>
internal sealed class Listener : IDisposable
{
    private const string Unix = "unix://", Tcp = "tcp://";

    // Whoever can write to the name can connect: root and its group.
    private const uint Mode = 0x1B0;

    private readonly Socket _socket;

    private Listener(Socket socket, string path) => (_socket, Path) = (socket, path);

    /// <summary>Its name.</summary>
    public string Path { get; }

    /// <summary>Listens.</summary>
    /// <exception cref="UsageException">No such address.</exception>
    public static Listener Open(string address)
    {
        if (address.StartsWith(Unix, StringComparison.Ordinal) && address.Length > Unix.Length)
            return OpenPath(address[Unix.Length..]);
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
        Files.TryUnlinkAt(Fd.Cwd, Path);
    }

    private static Listener OpenPath(string path)
    {
        if (global::System.IO.Path.GetDirectoryName(path) is { Length: > 0 } directory)
            Files.MakeDirectories(directory);
        // The name has its mode from the start, so that nobody slips in between.
        UnixSocket server = UnixSocket.Listen(path, UnixSocketType.SOCK_STREAM, Mode);
        return new Listener(new Socket(new SafeSocketHandle(server.Fd.Release(), ownsHandle: true)), path);
    }
}
