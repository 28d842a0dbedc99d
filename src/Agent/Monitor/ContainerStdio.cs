using Skiff.Agent.Containers;
using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Monitor;

/// <summary>
/// The container's ends of stdio: reads output into the log and to subscribed clients, feeds stdin from clients. With a
/// terminal
/// all three are its master side and output is one stream.
/// </summary>
internal sealed class ContainerStdio : IDisposable
{
    private readonly EventLoop _loop;
    private readonly RunningContainer _container;
    private readonly ContainerLog _log;
    private readonly List<ClientConnection> _clients;
    private readonly bool _stdinOnce;
    private readonly byte[] _packet = LazyBuffer.Create(32 << 10);
    private readonly Queue<byte[]> _stdinQueue = new();
    private bool _stdinEnded;
    private bool _paused;
    private Fd? _stdin;
    private Fd? _stdout;
    private Fd? _stderr;

    /// <summary>
    /// Starts reading. Takes ownership of <paramref name="log"/> and of the container's stdio descriptors.
    /// </summary>
    public ContainerStdio(EventLoop loop, RunningContainer container, ContainerLog log, List<ClientConnection> clients,
        bool stdinOnce)
    {
        (_loop, _container, _log, _clients, _stdinOnce) = (loop, container, log, clients, stdinOnce);
        _stdout = container.Terminal ?? container.Stdout;
        _stderr = container.Terminal is null ? container.Stderr : null;
        _stdin = container.Terminal ?? container.Stdin;
        if (_stdout is { } output) _loop.Watch(output, EpollEvents.EPOLLIN, OnStdout);
        if (_stderr is { } errors) _loop.Watch(errors, EpollEvents.EPOLLIN, _ => OnStderr());
        log.Attach(loop, UpdateReading);
    }

    /// <summary>Stops or resumes reading output, depending on whether a client or the log is behind.</summary>
    public void UpdateReading()
    {
        bool pause = _clients.Exists(c => c.IsBehind) || _log.IsFull;
        if (pause == _paused) return;
        _paused = pause;
        if (_stdout is { } output) _loop.Rewatch(output, Interest());
        if (_stderr is { } errors) _loop.Rewatch(errors, pause ? 0 : EpollEvents.EPOLLIN);
    }

    /// <summary>
    /// Bytes for stdin; dropped when the container has none. The client is held back while the container doesn't read.
    /// </summary>
    public void WriteStdin(ClientConnection client, ReadOnlySpan<byte> bytes)
    {
        if (_stdin is null || _stdinEnded) return;
        _stdinQueue.Enqueue(bytes.ToArray());
        FeedStdin();
        if (_stdinQueue.Count == 0) return;
        client.StdinPaused = true;
        client.UpdateWatch();
    }

    /// <summary>
    /// A client has no more stdin. With StdinOnce that closes the pipe when everything queued is written. A terminal's
    /// stdin never ends this way.
    /// </summary>
    public void EndStdin()
    {
        if (!_stdinOnce || _container.Terminal is not null) return;
        _stdinEnded = true;
        FeedStdin();
    }

    /// <summary>Sets the terminal's window size; without a terminal nothing happens.</summary>
    public void Resize((ushort Rows, ushort Columns) size)
    {
        if (_container.Terminal is { } terminal) WindowSize.Set(terminal, size.Rows, size.Columns);
    }

    /// <summary>With StdinOnce, the end of the client that fed stdin ends stdin.</summary>
    public void OnClientGone(ClientConnection client)
    {
        if (client.Streams.HasFlag(AttachStreams.Stdin)) EndStdin();
        UpdateReading();
    }

    /// <summary>Reads what is still in the pipes after the first process has ended, without waiting for more.</summary>
    public void ReadRest()
    {
        while (_stdout is not null && ReadOnce(ref _stdout, PacketType.Stdout, AttachStreams.Stdout, 1)) { }
        while (_stderr is not null && ReadOnce(ref _stderr, PacketType.Stderr, AttachStreams.Stderr, 2)) { }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Fd? fd in (ReadOnlySpan<Fd?>)[_stdin, _stdout, _stderr])
        {
            if (fd is null || fd.IsClosed) continue;
            _loop.Forget(fd);
            fd.Dispose();
        }
        _log.Dispose();
    }

    private void OnStdout(EpollEvents events)
    {
        if ((events & EpollEvents.EPOLLOUT) != 0) FeedStdin();
        if ((events & ~EpollEvents.EPOLLOUT) != 0) ReadOnce(ref _stdout, PacketType.Stdout, AttachStreams.Stdout, 1);
    }

    private void OnStderr() => ReadOnce(ref _stderr, PacketType.Stderr, AttachStreams.Stderr, 2);

    // False when there was nothing to read, or nothing more will come.
    private bool ReadOnce(ref Fd? fd, PacketType type, AttachStreams stream, byte logStream)
    {
        if (fd is null) return false;
        Errno errno = Files.TryRead(fd, _packet.AsSpan(1), out int count);
        if (errno == Errno.EAGAIN) return false;
        // EIO is how a terminal says that its last user has gone.
        if (errno != Errno.None || count == 0)
        {
            _loop.Forget(fd);
            if (fd != _container.Terminal) fd.Dispose();
            fd = null;
            return false;
        }
        _log.Append(logStream, _packet.AsSpan(1, count));
        Broadcast(type, stream, count);
        return true;
    }

    private void Broadcast(PacketType type, AttachStreams stream, int count)
    {
        byte[]? packet = null;
        for (int i = _clients.Count - 1; i >= 0; i--)
        {
            if (!_clients[i].Streams.HasFlag(stream)) continue;
            packet ??= Packet.Of(type, _packet.AsSpan(1, count));
            _clients[i].Send(packet);
        }
        UpdateReading();
    }

    private void FeedStdin()
    {
        while (_stdin is not null && _stdinQueue.TryPeek(out byte[]? bytes))
        {
            Errno errno = Files.TryWrite(_stdin, bytes, out int written);
            if (errno == Errno.EAGAIN) break;
            if (errno != Errno.None)
            {
                CloseStdin(); // The container closed its stdin: what is left has no reader.
                break;
            }
            _stdinQueue.Dequeue();
            if (written < bytes.Length) RequeueFront(bytes.AsSpan(written));
        }
        if (_stdinQueue.Count == 0 && _stdinEnded) CloseStdin();
        WatchStdin();
        if (_stdinQueue.Count == 0) ResumeClients();
    }

    private void RequeueFront(ReadOnlySpan<byte> rest)
    {
        byte[][] others = [.. _stdinQueue];
        _stdinQueue.Clear();
        _stdinQueue.Enqueue(rest.ToArray());
        foreach (byte[] other in others) _stdinQueue.Enqueue(other);
    }

    private void WatchStdin()
    {
        if (_stdin is null) return;
        if (_stdin == _stdout)
        {
            _loop.Rewatch(_stdin, Interest());
            return;
        }
        _loop.Forget(_stdin);
        if (_stdinQueue.Count > 0) _loop.Watch(_stdin, EpollEvents.EPOLLOUT, _ => FeedStdin());
    }

    private EpollEvents Interest() =>
        (_paused ? 0 : EpollEvents.EPOLLIN) | (_stdin == _stdout && _stdinQueue.Count > 0 ? EpollEvents.EPOLLOUT : 0);

    private void CloseStdin()
    {
        if (_stdin is null) return;
        _stdinQueue.Clear();
        if (_stdin != _stdout)
        {
            _loop.Forget(_stdin);
            _stdin.Dispose();
        }
        _stdin = null;
        ResumeClients();
    }

    private void ResumeClients()
    {
        foreach (ClientConnection client in _clients)
        {
            if (!client.StdinPaused) continue;
            client.StdinPaused = false;
            client.UpdateWatch();
        }
    }
}
