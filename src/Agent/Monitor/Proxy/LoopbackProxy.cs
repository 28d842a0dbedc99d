using System.Net;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Monitor.Proxy;

/// <summary>
/// The host's [::1] for a container's published TCP ports: the kernel redirects no connection from ::1 to another
/// interface, as it does from 127.0.0.1. It lives in the monitor's loop; the bytes stay in the kernel (splice(2)), and
/// without connections it has no more than its listening sockets.
/// </summary>
/// <param name="loop">The monitor's.</param>
/// <param name="most">How many connections there may be; further ones wait until one has ended.</param>
internal sealed class LoopbackProxy(EventLoop loop, int most = 512) : IDisposable
{
    private const int AcceptedAtOnce = 16;
    private const int RetryMs = 1000;

    private readonly SplicePipes _pipes = new();
    private readonly Dictionary<ushort, (Fd Socket, ProxiedPort Port)> _listeners = [];
    private readonly HashSet<ProxiedConnection> _connections = [];
    private LoopTimer? _retry;
    private bool _isFull;

    /// <summary>How many connections there are.</summary>
    public int Count => _connections.Count;

    /// <summary>
    /// Listens on these ports and on no others. Connections that there are go on. A port that somebody else has is left
    /// to them, and returned; where the host has no ::1, there is nothing to listen on.
    /// </summary>
    public List<ProxiedPort> Refresh(IReadOnlyList<ProxiedPort> ports)
    {
        foreach (ushort port in _listeners.Keys.Where(port => !ports.Any(wanted => wanted.HostPort == port)).ToArray())
            Close(port);
        var taken = new List<ProxiedPort>();
        foreach (ProxiedPort port in ports)
        {
            if (_listeners.TryGetValue(port.HostPort, out var known))
            {
                _listeners[port.HostPort] = (known.Socket, port);
                continue;
            }
            Errno errno = InternetSocket.TryBind(IPAddress.IPv6Loopback, port.HostPort, isTcp: true, out Fd? socket);
            if (errno == Errno.EADDRINUSE) taken.Add(port);
            if (errno != Errno.None) continue;
            _listeners[port.HostPort] = (socket!, port);
            if (!_isFull) Watch(socket!, port.HostPort);
        }
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        loop.Cancel(_retry);
        foreach (ushort port in _listeners.Keys.ToArray()) Close(port);
        foreach (ProxiedConnection connection in _connections) connection.Dispose();
        _connections.Clear();
        _pipes.Dispose();
    }

    private void Close(ushort port)
    {
        if (!_listeners.Remove(port, out var listener)) return;
        loop.Forget(listener.Socket);
        listener.Socket.Dispose();
    }

    private void Watch(Fd socket, ushort port) => loop.Watch(socket, EpollEvents.EPOLLIN, _ => Accept(port));

    private void Accept(ushort port)
    {
        for (int i = 0; i < AcceptedAtOnce && _listeners.TryGetValue(port, out var listener); i++)
        {
            if (_connections.Count >= most)
            {
                Pause();
                return;
            }
            Errno errno = InternetSocket.TryAccept(listener.Socket, out Fd? client);
            if (errno == Errno.None) Connect(client!, listener.Port);
            if (errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOBUFS or Errno.ENOMEM)
            {
                Pause();
                _retry ??= loop.After(RetryMs, Resume);
            }
            if (errno != Errno.None) return;
        }
    }

    private void Connect(Fd client, ProxiedPort port)
    {
        if (InternetSocket.TryBegin(port.Address, port.ContainerPort, isTcp: true, out Fd? server) != Errno.None)
            InternetSocket.Abort(client);
        else _connections.Add(new ProxiedConnection(loop, _pipes, client, server!, OnOver));
    }

    private void OnOver(ProxiedConnection connection)
    {
        _connections.Remove(connection);
        if (_isFull) Resume();
    }

    // Whoever comes now waits in the kernel's queue.
    private void Pause()
    {
        _isFull = true;
        foreach (var listener in _listeners.Values) loop.Forget(listener.Socket);
    }

    private void Resume()
    {
        loop.Cancel(_retry);
        _retry = null;
        if (!_isFull) return;
        _isFull = false;
        foreach (var (port, listener) in _listeners) Watch(listener.Socket, port);
    }
}
