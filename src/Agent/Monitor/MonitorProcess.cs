using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Processes;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Monitor;

/// <summary>
/// The parent of one container's first process. It starts the container, and starts it again as its restart policy
/// says; it serves clients, records what happens, cleans up, and ends with it. It needs nobody: CLI and agent may come
/// and go.
/// </summary>
internal sealed partial class MonitorProcess : IDisposable
{
    private const int DrainTimeoutMs = 2000;
    private const int FirstIdleMs = 500;
    private const int IdleMs = 10_000;

    private readonly ContainerStore _store;
    private readonly ContainerStarter _starter;
    private readonly MonitorRecords _records;
    private readonly EventLoop _loop = new();
    private readonly List<ClientConnection> _clients = [];
    private readonly RestartDelay _delay = new();
    private ContainerConfig _config;
    private readonly byte[] _buffer;
    private readonly Fd _lock;
    private StartRequest _request = null!;
    private ContainerRun? _run; // Null between two runs.
    private LoopTimer? _restart;
    private LoopTimer? _kill;
    private bool _noRestart;
    private bool _restartAnyway;
    private UnixSocket? _listener;

    private MonitorProcess(StateRoots roots, ContainerConfig config, Fd runLock, byte[] buffer)
    {
        _buffer = buffer;
        _store = new ContainerStore(roots);
        _starter = new ContainerStarter(roots, _store)
        {
            Serve = (config, inside) => Serve(config, inside, ServingReason.Start),
        };
        _records = new MonitorRecords(roots, _store, config);
        _config = config;
        _lock = runLock;
    }

    /// <summary>
    /// The whole life: waits for the start request on <paramref name="control"/>, answers Started or Failed there, and
    /// returns
    /// when the container has ended and nothing of it is left but its record.
    /// </summary>
    public static int Run(StateRoots roots, UnixSocket control)
    {
        byte[] buffer = LazyBuffer.Create(Packet.MaxBytes);
        var fds = new List<Fd>(0);
        if (control.TryReceive(buffer, out int count, fds) != Errno.None || count == 0) return 0; // The client gave up.
        StartRequest request = MessageFormat.ReadStart(buffer.AsSpan(1, count - 1));
        try
        {
            var store = new ContainerStore(roots);
            Fd runLock = store.TryClaim(request.Id)
                ?? throw new UsageException($"container {request.Id} is already running, or being removed");
            using var monitor = new MonitorProcess(roots, ReadConfig(store, request.Id), runLock, buffer);
            return monitor.Run(request, control, fds);
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            SendFailure(control, e);
            return 125;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _listener?.Dispose();
        _loop.Dispose();
        _lock.Dispose();
    }

    // Read when nobody can remove the container any more.
    private static ContainerConfig ReadConfig(ContainerStore store, string id)
    {
        if (store.TryRead(id) is { } config) return config;
        store.RemoveRunDirectory(id);
        throw new UsageException($"No such container: {id}");
    }

    private static void SendFailure(UnixSocket control, Exception e) =>
        control.TrySend(MessageFormat.Pack(new FailureReport(ExitCodeOf(e), e.Message)), []);

    private static int ExitCodeOf(Exception e) => e is UsageException { ExitCode: > 1 } usage ? usage.ExitCode : 125;

    private int Run(StartRequest request, UnixSocket control, List<Fd> fds)
    {
        _request = request;
        // Attachable before the first process runs: nothing that it prints can be missed.
        _listener = UnixSocket.Listen(Path.Combine(_store.RunDirectory(_config.Id), "attach.sock"));
        if (request.Adopt ? TryAdopt(fds, out Exception? failure) : TryStart(out failure))
        {
            ClientConnection first = AddClient(control);
            first.Streams = request.Attach;
            first.Send(Packet.Number(PacketType.Started, _run!.Container.Process.Pid));
        }
        else if (request.Adopt || !request.Persist || !_config.Restart.Restarts(ExitCodeOf(failure!), 0))
        {
            if (!request.Adopt)
            {
                _records.GiveUpStart();
                _store.RemoveRunDirectory(_config.Id);
            }
            // Whoever is told may look at once, or start it again.
            _lock.Dispose();
            SendFailure(control, failure!);
            return 125;
        }
        else
        {
            SendFailure(control, failure!);
            RestartLater(TimeSpan.Zero);
        }
        _loop.Watch(_listener.Fd, EpollEvents.EPOLLIN, _ => Accept());
        // What only the start needed. A monitor waits most of its life; a device may have a hundred of them.
        _loop.Run(IdleMemory.GiveBack, FirstIdleMs, IdleMs);
        return 0;
    }

    private bool TryStart(out Exception? failure)
    {
        failure = null;
        ContainerLog? log = null;
        try
        {
            log = ContainerLog.Open(_config, _store.LogDirectory(_config.Id));
            RunningContainer container = _starter.Start(_config, _request.Rows, _request.Columns);
            _run = new ContainerRun(_loop, _config, container, log, _clients,
                OnContainerExit, OnHealth, _store.Events);
            _records.Started(container, _config.Healthcheck is null ? null : HealthState.Starting);
            foreach (ClientConnection client in _clients) Lend(client);
            _store.Events.WriteStart(_config);
            return true;
        }
        catch (Exception e) when (e is UsageException or LinuxException or ImageException)
        {
            log?.Dispose();
            _records.Failed(e.Message, ExitCodeOf(e));
            failure = e;
            return false;
        }
    }

    // The container runs on without a monitor when this fails, and whoever looks next tries again.
    private bool TryAdopt(List<Fd> kept, out Exception? failure)
    {
        failure = null;
        try
        {
            ContainerState state = _store.ReadRunState(_config.Id)
                ?? throw new UsageException($"container {_config.Name} has ended", 125);
            RunningContainer container = new ContainerAdopter(_starter.Roots, _store)
            {
                Serve = (config, inside) => Serve(config, inside, ServingReason.Adoption),
            }.Adopt(_config, state, kept.Count > 0 ? kept[0] : null);
            _run = new ContainerRun(_loop, _config, container,
                ContainerLog.Open(_config, _store.LogDirectory(_config.Id)), _clients,
                OnContainerExit, OnHealth, _store.Events, _store.ReadHealth(_config.Id));
            _noRestart = state.StoppedByUser;
            _records.Adopted(state);
            return true;
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            failure = e;
            return false;
        }
    }

    private ClientConnection AddClient(UnixSocket socket)
    {
        var client = new ClientConnection(_loop, socket, CloseClient, () => _run?.Stdio.UpdateReading());
        _clients.Add(client);
        _loop.Watch(socket.Fd, EpollEvents.EPOLLIN, events => OnClient(client, events));
        return client;
    }

    private void Accept()
    {
        if (_listener!.TryAccept(out UnixSocket? socket) == Errno.None) AddClient(socket!);
    }

    private void OnClient(ClientConnection client, EpollEvents events)
    {
        if ((events & EpollEvents.EPOLLOUT) != 0) client.OnWritable();
        if ((events & EpollEvents.EPOLLIN) == 0)
        {
            if ((events & (EpollEvents.EPOLLHUP | EpollEvents.EPOLLERR)) != 0) CloseClient(client);
            return;
        }
        var fds = new List<Fd>(0);
        Errno errno = client.Socket.TryReceive(_buffer, out int count, fds);
        if (errno == Errno.EAGAIN) return;
        if (errno != Errno.None || count == 0)
        {
            CloseClient(client);
            return;
        }
        try
        {
            Handle(client, (PacketType)_buffer[0], _buffer.AsSpan(1, count - 1), fds);
        }
        finally
        {
            foreach (Fd fd in fds) fd.Dispose();
        }
    }

    private void Handle(ClientConnection client, PacketType type, ReadOnlySpan<byte> payload, List<Fd> fds)
    {
        if (type == PacketType.NoRestart) GiveUpRestart();
        else if (type == PacketType.Networks) RefreshNetworks();
        else if (type == PacketType.Keep)
        {
            client.Keeps = true;
            Lend(client);
        }
        else if (_run is not { } run) client.Send(MessageFormat.Pack(new FailureReport(1,
            $"container {_config.Id} is restarting, wait until the container is running")));
        else Handle(run, client, type, payload, fds);
    }

    private void Handle(ContainerRun run, ClientConnection client, PacketType type, ReadOnlySpan<byte> payload,
        List<Fd> fds)
    {
        switch (type)
        {
            case PacketType.Attach:
                client.Streams = (AttachStreams)payload[0];
                client.Send(Packet.Number(PacketType.Started, run.Container.Process.Pid));
                break;
            case PacketType.Stdin: run.Stdio.WriteStdin(client, payload); break;
            case PacketType.StdinEnd: run.Stdio.EndStdin(); break;
            case PacketType.Resize: Resize(run, Packet.ReadSize(payload)); break;
            case PacketType.Signal: run.Container.Process.PidFd.TrySendSignal(payload[0]); break;
            case PacketType.Exec: run.Execs.Start(client, payload, fds); break;
            case PacketType.ExecSignal: client.Exec?.Signal(payload[0]); break;
            default: CloseClient(client); break;
        }
    }

    private void Lend(ClientConnection client)
    {
        if (client.Keeps && _run?.Container is { Terminal: { } terminal } container)
            client.Socket.TrySend(Packet.Number(PacketType.Kept, container.Process.Pid), [terminal.Number]);
    }

    private void Resize(ContainerRun run, (ushort Rows, ushort Columns) size)
    {
        run.Stdio.Resize(size);
        _store.Events.Write(_config, "resize", ("height", $"{size.Rows}"), ("width", $"{size.Columns}"));
    }

    private void CloseClient(ClientConnection client)
    {
        if (!_clients.Remove(client)) return;
        client.Dispose();
        _run?.Stdio.OnClientGone(client);
        _run?.Execs.OnClientGone(client);
    }
}
