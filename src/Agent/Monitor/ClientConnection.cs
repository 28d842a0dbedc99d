using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Monitor;

/// <summary>
/// One client of a monitor: what it subscribed to and what still has to be sent to it. Sends never block; when more
/// than
/// <see cref="QueueLimitBytes"/> wait, the monitor stops reading the container's output until this client catches up or
/// leaves.
/// </summary>
internal sealed class ClientConnection(EventLoop loop, UnixSocket socket, Action<ClientConnection> onClosed,
    Action drained) : IDisposable
{
    /// <summary>Output held for a slow client before the container's output is no longer read.</summary>
    public const int QueueLimitBytes = 1 << 20;

    private const short Writable = 4;

    private readonly Queue<byte[]> _queue = new();
    private int _queuedBytes;
    private bool _closed;

    /// <summary>The connection.</summary>
    public UnixSocket Socket { get; } = socket;

    /// <summary>Streams that it asked for.</summary>
    public AttachStreams Streams { get; set; }

    /// <summary>The exec that this connection carries, or null.</summary>
    public ExecSession? Exec { get; set; }

    /// <summary>Whether it wants every run's terminal.</summary>
    public bool Keeps { get; set; }

    /// <summary>Whether its stdin is being held back because the container's stdin pipe is full.</summary>
    public bool StdinPaused { get; set; }

    /// <summary>Whether output must wait for this client.</summary>
    public bool IsBehind => _queuedBytes > QueueLimitBytes;

    /// <summary>Sends or queues one packet; an unreachable client is closed.</summary>
    public void Send(byte[] packet)
    {
        if (_closed) return;
        if (_queue.Count == 0)
        {
            Errno errno = Socket.TrySend(packet, []);
            if (errno == Errno.None) return;
            if (errno != Errno.EAGAIN)
            {
                onClosed(this);
                return;
            }
            UpdateWatch(wantsToWrite: true);
        }
        _queue.Enqueue(packet);
        _queuedBytes += packet.Length;
    }

    /// <summary>Sends what is queued; called when the socket is writable.</summary>
    public void OnWritable()
    {
        bool wasBehind = IsBehind;
        while (_queue.TryPeek(out byte[]? packet))
        {
            Errno errno = Socket.TrySend(packet, []);
            if (errno == Errno.EAGAIN) break;
            if (errno != Errno.None)
            {
                onClosed(this);
                return;
            }
            _queue.Dequeue();
            _queuedBytes -= packet.Length;
        }
        if (_queue.Count == 0) UpdateWatch(wantsToWrite: false);
        if (wasBehind && !IsBehind) drained();
    }

    /// <summary>Waits for nothing but writability while stdin is held back, or for both.</summary>
    public void UpdateWatch(bool? wantsToWrite = null)
    {
        bool write = wantsToWrite ?? _queue.Count > 0;
        loop.Rewatch(Socket.Fd, (StdinPaused ? 0 : EpollEvents.EPOLLIN) | (write ? EpollEvents.EPOLLOUT : 0));
    }

    /// <summary>
    /// Forces out what is queued, waiting up to <paramref name="timeoutMs"/>; used once, before the monitor ends.
    /// </summary>
    public void Drain(int timeoutMs)
    {
        long end = System.Environment.TickCount64 + timeoutMs;
        while (_queue.Count > 0 && !_closed && System.Environment.TickCount64 < end)
        {
            if (!Socket.Wait(Writable, (int)Math.Max(1, end - System.Environment.TickCount64))) return;
            OnWritable();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_closed) return;
        _closed = true;
        loop.Forget(Socket.Fd);
        Socket.Dispose();
    }
}
