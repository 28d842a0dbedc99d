using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;
using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>
/// The parent of one container's first process. It starts the container, owns its stdio and exec'd processes, writes
/// the log,
/// serves attach clients, records the end, cleans up, and ends with it. It needs nobody: CLI and agent may come and go.
/// </summary>
internal sealed class MonitorProcess : IDisposable
{
    private const int DrainTimeoutMs = 2000;
    private const int FirstIdleMs = 500;
    private const int IdleMs = 10_000;

    private readonly StateRoots _roots;
    private readonly ContainerStore _store;
    private readonly ContainerStarter _starter;
    private readonly EventLoop _loop = new();
    private readonly List<ClientConnection> _clients = [];
    private readonly ContainerConfig _config;
    private readonly byte[] _buffer;
    private readonly Fd _lock;
    private RunningContainer _container = null!;
    private ContainerState _state = new();
    private ContainerStdio _stdio = null!;
    private ExecSessions _execs = null!;
    private UnixSocket? _listener;

    private MonitorProcess(StateRoots roots, ContainerConfig config, Fd runLock, byte[] buffer)
    {
        _buffer = buffer;
        _roots = roots;
        _store = new ContainerStore(roots);
        _starter = new ContainerStarter(roots, _store);
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
        if (control.TryReceive(buffer, out int count, []) != Errno.None || count == 0) return 0; // The client gave up.
        StartRequest request = MessageFormat.ReadStart(buffer.AsSpan(1, count - 1));
        try
        {
            var store = new ContainerStore(roots);
            Fd runLock = store.TryClaim(request.Id)
                ?? throw new UsageException($"container {request.Id} is already running, or being removed");
            using var monitor = new MonitorProcess(roots, ReadConfig(store, request.Id), runLock, buffer);
            return monitor.Run(request, control);
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
        Trees.Remove(store.RunDirectory(id));
        throw new UsageException($"No such container: {id}");
    }

    private static void SendFailure(UnixSocket control, Exception e)
    {
        int exitCode = e is UsageException usage && usage.ExitCode > 1 ? usage.ExitCode : 125;
        control.TrySend(MessageFormat.Pack(new FailureReport(exitCode, e.Message)), []);
    }

    private int Run(StartRequest request, UnixSocket control)
    {
        LogWriter? log = null;
        try
        {
            log = new LogWriter(Path.Combine(_store.Directory(_config.Id), "logs"));
            // Attachable before the first process runs: nothing that it prints can be missed.
            _listener = UnixSocket.Listen(Path.Combine(_store.RunDirectory(_config.Id), "attach.sock"));
            _container = _starter.Start(_config, request.Rows, request.Columns);
        }
        catch (Exception e) when (e is UsageException or LinuxException or Skiff.Layers.Oci.ImageException)
        {
            log?.Dispose();
            RecordFailedStart(e);
            SendFailure(control, e);
            return 125;
        }
        _stdio = new ContainerStdio(_loop, _container, log, _clients,
            stdinOnce: request.Attach.HasFlag(AttachStreams.Stdin));
        _execs = new ExecSessions(_loop, _container, _config);
        RecordStart();
        ClientConnection first = AddClient(control);
        first.Streams = request.Attach;
        first.Send(Packet.Number(PacketType.Started, _container.Process.Pid));
        _loop.Watch(_listener.Fd, EpollEvents.EPOLLIN, _ => Accept());
        _loop.Watch(_container.Process.PidFd.Fd, EpollEvents.EPOLLIN, _ => OnContainerExit());
        // What only the start needed. A monitor waits most of its life; a device may have a hundred of them.
        _loop.Run(IdleMemory.GiveBack, FirstIdleMs, IdleMs);
        return 0;
    }

    private void RecordStart()
    {
        int self = System.Environment.ProcessId;
        _state = new ContainerState
        {
            Status = "running",
            Pid = _container.Process.Pid,
            PidStartTime = ProcessTimes.StartTime(_container.Process.Pid),
            MonitorPid = self,
            MonitorStartTime = ProcessTimes.StartTime(self),
            StartedAt = DateTimeOffset.UtcNow,
            Endpoint = _container.Endpoint,
            Warnings = _container.Warnings,
        };
        _store.WriteRunState(_config.Id, _state);
        if (_config.AutoRemove) return;
        // What is read after a power cut, so it names no process: those numbers belong to others then. Not flushed: all
        // that the cut may take away is that the container ran. For the same reason the container runs without it.
        TryStore(() => _store.WriteDurableState(_config.Id, _state with
        {
            Status = "exited", ExitCode = 255, Pid = 0, PidStartTime = 0, MonitorPid = 0, MonitorStartTime = 0,
            Endpoint = null,
        }, durable: false));
    }

    // A disk that is broken, or full to the last byte, must not keep the monitor from its other duties: whoever waits
    // is told of the end, the run directory goes. `ps` shows the last state that could be written.
    private void TryStore(Action write)
    {
        try
        {
            write();
        }
        catch (LinuxException e)
        {
            // Nobody reads a monitor's own output: the kernel's log is where the system's trouble is looked for.
            Files.TryWriteFile("/dev/kmsg", $"<3>skiff: container {_config.Name}: {e.Message}");
        }
    }

    private void RecordFailedStart(Exception e)
    {
        if (!_config.AutoRemove)
            TryStore(() => _store.WriteDurableState(_config.Id, _store.ReadDurableState(_config.Id) with
            {
                Error = e.Message,
                ExitCode = e is UsageException usage && usage.ExitCode > 1 ? usage.ExitCode : 125,
            }, durable: true));
        Trees.Remove(_store.RunDirectory(_config.Id));
    }

    private ClientConnection AddClient(UnixSocket socket)
    {
        var client = new ClientConnection(_loop, socket, CloseClient, _stdio.UpdateReading);
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
        switch (type)
        {
            case PacketType.Attach:
                client.Streams = (AttachStreams)payload[0];
                client.Send(Packet.Number(PacketType.Started, _container.Process.Pid));
                break;
            case PacketType.Stdin: _stdio.WriteStdin(client, payload); break;
            case PacketType.StdinEnd: _stdio.EndStdin(); break;
            case PacketType.Resize: _stdio.Resize(Packet.ReadSize(payload)); break;
            case PacketType.Signal: _container.Process.PidFd.TrySendSignal(payload[0]); break;
            case PacketType.Exec: _execs.Start(client, payload, fds); break;
            case PacketType.ExecSignal: client.Exec?.Signal(payload[0]); break;
            default: CloseClient(client); break;
        }
    }

    private void CloseClient(ClientConnection client)
    {
        if (!_clients.Remove(client)) return;
        client.Dispose();
        _stdio.OnClientGone(client);
    }

    private void OnContainerExit()
    {
        ExitStatus status = _container.Process.PidFd.Wait();
        _loop.Forget(_container.Process.PidFd.Fd);
        _stdio.ReadRest();
        _stdio.Dispose();
        bool oomKilled = _container.OomKilled;
        _container.Dispose();
        _state = _state with
        {
            Status = "exited", ExitCode = status.ShellCode, OomKilled = oomKilled, FinishedAt = DateTimeOffset.UtcNow,
            Pid = 0, PidStartTime = 0, MonitorPid = 0, MonitorStartTime = 0, Endpoint = null,
        };
        TryStore(() =>
        {
            if (_config.AutoRemove && !_store.IsRestarting(_config.Id))
                ContainerRemoval.Remove(_store, new VolumeModule(_roots), _config, withVolumes: true);
            else _store.WriteDurableState(_config.Id, _state, durable: true);
        });
        Trees.Remove(_store.RunDirectory(_config.Id));
        foreach (ClientConnection client in _clients.ToArray())
        {
            client.Send(Packet.Number(PacketType.Exited, status.ShellCode));
            client.Drain(DrainTimeoutMs);
        }
        _loop.End();
    }
}
