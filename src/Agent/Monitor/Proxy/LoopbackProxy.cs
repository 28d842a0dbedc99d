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
    private readonly List<Listener> _listeners = [];
    private readonly List<ProxiedConnection> _connections = [];
    private LoopTimer? _retry;
    private bool _isFull;

    /// <summary>How many connections there are.</summary>
    public int Count => _connections.Count;

    /// <summary>
    /// Listens on these ports and on no others. Connections that there are go on. A port that somebody else has is left
    /// to them, and returned; where the host has no ::1, there is nothing to listen on.
    /// </summary>
    public List<ProxiedPort> Refresh(List<ProxiedPort> ports)
    {
        for (int i = _listeners.Count - 1; i >= 0; i--)
            if (!ports.Exists(wanted => wanted.HostPort == _listeners[i].Port.HostPort)) Close(_listeners[i]);
        var taken = new List<ProxiedPort>();
        foreach (ProxiedPort port in ports)
        {
            if (_listeners.Find(known => known.Port.HostPort == port.HostPort) is { } known)
            {
                known.Port = port;
                continue;
            }
            Errno errno = InternetSocket.TryBind(IPAddress.IPv6Loopback, port.HostPort, isTcp: true, out Fd? socket);
            if (errno == Errno.EADDRINUSE) taken.Add(port);
            if (errno != Errno.None) continue;
            var listener = new Listener(socket!, port);
            _listeners.Add(listener);
            if (!_isFull) Watch(listener);
        }
        return taken;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        loop.Cancel(_retry);
        while (_listeners.Count > 0) Close(_listeners[^1]);
        foreach (ProxiedConnection connection in _connections) connection.Dispose();
        _connections.Clear();
        _pipes.Dispose();
    }

    private void Close(Listener listener)
    {
        _listeners.Remove(listener);
        loop.Forget(listener.Socket);
        listener.Socket.Dispose();
    }

    private void Watch(Listener listener) =>
        loop.Watch(listener.Socket, EpollEvents.EPOLLIN, _ => Accept(listener));

    private void Accept(Listener listener)
    {
        for (int i = 0; i < AcceptedAtOnce; i++)
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
        foreach (Listener listener in _listeners) loop.Forget(listener.Socket);
    }

    private void Resume()
    {
        loop.Cancel(_retry);
        _retry = null;
        if (!_isFull) return;
        _isFull = false;
        foreach (Listener listener in _listeners) Watch(listener);
    }

    private sealed class Listener(Fd socket, ProxiedPort port)
    {
        public Fd Socket { get; } = socket;

        public ProxiedPort Port { get; set; } = port;
    }
}
