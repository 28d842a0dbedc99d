using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Dns;

/// <summary>The connections of clients: so many and no more, and none for long without a question (RFC 7766).</summary>
internal sealed class TcpClients : IDisposable
{
    /// <summary>The most that waits for one client to take it.</summary>
    public const int MaxOutputBytes = 256 << 10;

    private const int MaxClients = 64, IdleMs = 10_000, SweepMs = 2500;

    private readonly EventLoop _loop;
    private readonly Fd _listener;
    private readonly TcpQueryHandler _handler;
    private readonly List<TcpClient> _clients = [];
    private LoopTimer? _timer;

    /// <summary>Accepts on <paramref name="listener"/>, which it takes over.</summary>
    public TcpClients(EventLoop loop, Fd listener, TcpQueryHandler handler)
    {
        (_loop, _listener, _handler) = (loop, listener, handler);
        loop.Watch(listener, EpollEvents.EPOLLIN, _ => Accept());
    }

    /// <summary>How many there are.</summary>
    public int Count => _clients.Count;

    /// <summary>Takes a client's message.</summary>
    public void Handle(TcpClient client, ReadOnlySpan<byte> message) => _handler(client, message);

    /// <summary>Waits for what the client is ready for next.</summary>
    public void Rewatch(TcpClient client) =>
        _loop.Rewatch(client.Socket, client.IsBlocked ? EpollEvents.EPOLLOUT : EpollEvents.EPOLLIN);

    /// <summary>Ends a connection.</summary>
    public void Close(TcpClient client)
    {
        if (client.IsClosed) return;
        client.IsClosed = true;
        _clients.Remove(client);
        _loop.Forget(client.Socket);
        client.Socket.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Cancel(_timer);
        _loop.Forget(_listener);
        _listener.Dispose();
        while (_clients.Count > 0) Close(_clients[^1]);
    }

    private void Accept()
    {
        // One a turn: whoever connects a thousand times does not keep the others waiting.
        Errno errno = InternetSocket.TryAccept(_listener, out Fd? socket);
        // Without a descriptor for it, it waits, and would wake us for ever.
        if (errno is Errno.EMFILE or Errno.ENFILE && _clients.Count > 0) Close(LongestIdle());
        if (errno != Errno.None) return;
        if (_clients.Count == MaxClients) Close(LongestIdle());
        var client = new TcpClient(this, socket!);
        _clients.Add(client);
        _loop.Watch(socket!, EpollEvents.EPOLLIN, _ => client.OnEvent());
        _timer ??= _loop.After(SweepMs, Sweep);
    }

    private TcpClient LongestIdle()
    {
        TcpClient idle = _clients[0];
        foreach (TcpClient client in _clients)
            if (client.LastMs < idle.LastMs) idle = client;
        return idle;
    }

    private void Sweep()
    {
        long before = Environment.TickCount64 - IdleMs;
        for (int i = _clients.Count - 1; i >= 0; i--)
            if (_clients[i].LastMs < before && (_clients[i].Outstanding == 0 || _clients[i].IsBlocked))
                Close(_clients[i]);
        _timer = _clients.Count == 0 ? null : _loop.After(SweepMs, Sweep);
    }
}
