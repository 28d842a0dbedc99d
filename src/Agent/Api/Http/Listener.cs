using System.Net;
using System.Net.Sockets;
using Skiff.Agent.Manager;
using Skiff.Agent.Manager.Settings;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Api.Http;

/// <summary>A socket that clients connect to. Unless its settings say otherwise, whoever can is root on this host.
/// </summary>
internal sealed class Listener : IDisposable
{
    private const int Backlog = 128;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _ended;

    private Listener(Socket socket, SocketSettings settings, CancellationToken ended)
    {
        (_socket, Settings) = (socket, settings);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(ended);
        Ended = _ended.Token;
    }

    /// <summary>Where, and for whom.</summary>
    public SocketSettings Settings { get; }

    /// <summary>Cancelled when it is closed, for its clients too.</summary>
    public CancellationToken Ended { get; }

    /// <summary>What clients over TCP have to show; null for other sockets.</summary>
    public ServerTls? Tls { get; set; }

    /// <summary>Whether another one has taken its name.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>Listens; more than once for what systemd has opened.</summary>
    /// <param name="settings">Where.</param>
    /// <param name="ended">When the server ends.</param>
    /// <param name="old">Who listens there now with other settings; null for nobody.</param>
    /// <exception cref="UsageException">Somebody has the place, or it is none of this host's.</exception>
    public static List<Listener> Open(SocketSettings settings, CancellationToken ended, Listener? old) =>
        settings.Address.Kind switch
        {
            ListenKind.Unix => [new(OpenPath(settings), settings, ended)],
            // The port is taken, by ourselves.
            ListenKind.Tcp => [new(old is null ? OpenPort(settings.Address)
                : SocketOf(Files.Dup(Fd.Borrow((int)old._socket.Handle))), settings, ended)],
            _ => InheritedSockets.Open(settings.Address.Place).ConvertAll(
                fd => new Listener(SocketOf(fd), settings, ended)),
        };

    /// <summary>The next client.</summary>
    public async ValueTask<Socket> AcceptAsync(CancellationToken paused)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Ended, paused);
        return await _socket.AcceptAsync(end.Token);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Cancel();
        _socket.Dispose();
        // The name of one that systemd has opened is systemd's.
        if (Settings.Address.Kind == ListenKind.Unix && !IsReplaced) Files.TryUnlinkAt(Fd.Cwd, Settings.Address.Place);
    }

    private static Socket OpenPath(SocketSettings settings)
    {
        string path = settings.Address.Place;
        if (Path.GetDirectoryName(path) is { Length: > 0 } directory) Files.MakeDirectories(directory);
        // The name has at most its mode from the start, so that nobody slips in between; the group is root's until it
        // has its own, and what the umask has taken away comes after that.
        using Fd fd = UnixSocket.Listen(path, UnixSocketType.SOCK_STREAM, settings.Mode).Fd;
        if (settings.Group is { } group)
        {
            Errno errno = Files.TryChownAt(Fd.Cwd, path, ProcessIds.EffectiveUser, HostGroups.Find(group));
            if (errno != Errno.None) throw new LinuxException(errno, "chown", path, $"giving it to group {group}");
        }
        Errno changed = Files.TryChmodAt(Fd.Cwd, path, settings.Mode);
        if (changed != Errno.None) throw new LinuxException(changed, "chmod", path, "opening a socket");
        return SocketOf(fd);
    }

    private static Socket OpenPort(ListenAddress address)
    {
        IPEndPoint end = IPEndPoint.Parse(address.Place);
        var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(end);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new UsageException($"listening at {address}: {e.Message}");
        }
    }

    private static Socket SocketOf(Fd fd) => new(new SafeSocketHandle(fd.Release(), ownsHandle: true));
}
