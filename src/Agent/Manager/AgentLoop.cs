using System.Text;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager.Settings;
using Skiff.Agent.Monitor;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Manager;

/// <summary>
/// The engine in a loop (<c>skiff agent</c>): puts right what a crash left, starts what should run, then watches every
/// monitor, those that run already and those to come; when one is killed, its container gets another one, or is
/// cleaned up and started again. Killing it harms no container, and its successor finds the same state. One thread; it
/// sleeps until something happens.
/// </summary>
internal sealed class AgentLoop : IDisposable
{
    private const int FirstIdleMs = 1000;
    private const int IdleMs = 10_000;
    private const int RestartAfterCrashMs = 1000;

    private readonly Engine _engine;
    private readonly Action<string> _log;
    private readonly DiskGovernor? _governor;
    private readonly TimerFd _timer = new();
    private readonly EventLoop _loop = new();
    private readonly Inotify _inotify = new();
    private readonly SignalPipe _signals = new(Signals.SIGTERM, Signals.SIGINT, Signals.SIGHUP);
    private readonly BootStart _boot;
    private readonly TerminalKeeper _terminals;
    private NetworkKeeper? _networks;
    private int _restarts; // Of containers whose monitor was killed, to come.
    private readonly Dictionary<int, string> _watches = []; // Of run directories, until nobody waits for their state.
    private readonly Dictionary<string, PidFd> _monitors = [];
    private readonly byte[] _events = new byte[4096];
    private readonly Fd _lock;

    /// <summary>Takes the place of the one agent of these roots.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="log">Takes a line about what went wrong or was put right.</param>
    /// <param name="governor">Looks after the disk, when somebody asked for it.</param>
    /// <exception cref="UsageException">Another agent has it.</exception>
    public AgentLoop(Engine engine, Action<string> log, DiskGovernor? governor = null)
    {
        (_engine, _log, _governor) = (engine, log, governor);
        _boot = new BootStart(engine, _loop, log);
        engine.Terminals = _terminals = new TerminalKeeper(_loop, engine.Containers);
        Files.MakeDirectories(engine.Roots.RunRoot);
        _lock = Files.Open(LockOf(engine.Roots), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180);
        if (Files.TryFlock(_lock, exclusive: true, wait: false) == Errno.None) return;
        Dispose();
        throw new UsageException($"an agent runs already for {engine.Roots.RunRoot}");
    }

    /// <summary>Whether an agent runs for these roots.</summary>
    public static bool IsRunning(StateRoots roots)
    {
        if (Files.TryOpenAt(Fd.Cwd, LockOf(roots), OpenFlags.O_RDWR, 0, out Fd? held) != Errno.None) return false;
        using (held) return Files.TryFlock(held!, exclusive: true, wait: false) != Errno.None;
    }

    /// <summary>How many monitors it watches.</summary>
    public int Monitors => _monitors.Count;

    /// <summary>Reads the configuration again (SIGHUP).</summary>
    public Action Reload { get; set; } = static () => { };

    /// <summary>Ends when nobody has come for a while: whoever wants something then starts it again.</summary>
    /// <param name="idleMs">How long it stays at least.</param>
    /// <param name="api">Knows who is there.</param>
    public void EndWhenIdle(int idleMs, IAgentApi api) => Look(idleMs, api, -1);

    /// <summary>Has metrics answered from now on.</summary>
    public void Serve(MetricsServer metrics) => metrics.Start(_loop);

    /// <summary>Until SIGTERM or SIGINT.</summary>
    public void Run()
    {
        string directory = _engine.Containers.RunDirectory("");
        Files.MakeDirectories(directory);
        // Watched first, looked at then: what starts in between is seen twice rather than never.
        _inotify.Add(directory, InotifyMask.IN_CREATE | InotifyMask.IN_ONLYDIR);
        _loop.Watch(_inotify.Fd, EpollEvents.EPOLLIN, _ => OnChanges());
        _loop.Watch(_signals.Fd, EpollEvents.EPOLLIN, _ => OnSignals());
        Try("cleaning up", _engine.Reconcile);
        AdoptAll();
        if (!RootlessMode.IsOn) Try("listening to the network", () =>
        {
            _networks = new NetworkKeeper(_engine, _loop, _log);
            _networks.Begin();
        });
        Try("starting containers", _boot.Begin);
        if (_governor is not null) Watch(_governor);
        ServiceManager.Tell(ServiceManager.Ready);
        if (ServiceManager.WatchdogMs is > 0 and var watchdogMs) FeedWatchdog(watchdogMs);
        _loop.Run(Rest, FirstIdleMs, IdleMs);
        ServiceManager.Tell("STOPPING=1");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PidFd monitor in _monitors.Values) monitor.Dispose();
        _terminals.Dispose();
        _networks?.Dispose();
        _loop.Dispose();
        _inotify.Dispose();
        _signals.Dispose();
        _timer.Dispose();
        _lock.Dispose();
    }

    private static string LockOf(StateRoots roots) => Path.Combine(roots.RunRoot, "agent.lock");

    private void OnSignals()
    {
        while (_signals.TryTake(out int signal))
            if (signal == Signals.SIGHUP) Reload();
            else _loop.End();
    }

    // From the loop itself: a loop that stands still is what the watchdog is there for.
    private void FeedWatchdog(int intervalMs)
    {
        ServiceManager.Tell("WATCHDOG=1");
        _loop.After(intervalMs, () => FeedWatchdog(intervalMs));
    }

    // Two looks without a client in between, and nothing that only an agent does.
    private void Look(int idleMs, IAgentApi api, long clients) => _loop.After(idleMs, () =>
    {
        bool wasIdle = api.Clients == clients && !_boot.IsWaiting && _restarts == 0;
        if (wasIdle && api.TryRest()) _loop.End();
        else Look(idleMs, api, api.Clients);
    });

    private void Watch(DiskGovernor governor)
    {
        _loop.Watch(_timer.Fd, EpollEvents.EPOLLIN, _ =>
        {
            _timer.TakeExpirations();
            Try("looking after the disk", governor.Look);
        });
        _timer.SetInterval(0, DiskGovernor.IntervalMs);
    }

    // Also for monitors that ended before they were watched.
    private static void Rest()
    {
        MonitorSpawner.ReapEnded();
        IdleMemory.GiveBack();
    }

    private void AdoptAll()
    {
        foreach (string id in _engine.Containers.RunningIds()) Adopt(id);
    }

    private void OnChanges()
    {
        while (_inotify.TryRead(_events, out InotifyEvents events))
            foreach (InotifyEvent e in events)
            {
                if ((e.Mask & InotifyMask.IN_Q_OVERFLOW) != 0) AdoptAll();
                else if ((e.Mask & InotifyMask.IN_IGNORED) != 0) _watches.Remove(e.Watch);
                else if (_watches.TryGetValue(e.Watch, out string? id)) Adopt(id, e.Watch);
                else if ((e.Mask & InotifyMask.IN_CREATE) != 0) Adopt(Encoding.UTF8.GetString(e.Name));
            }
        MonitorSpawner.ReapEnded();
    }

    // A run directory whose monitor has not written its state yet is looked at again when it does; others as long as
    // a container waits for what becomes of them.
    private void Adopt(string id, int watch = -1)
    {
        Try($"adopting container {id}", () =>
        {
            if (watch < 0 && (_boot.IsWaiting || !_monitors.ContainsKey(id))) watch = TryWatch(id);
            if (watch < 0 || _engine.Containers.ReadRunState(id) is not { } state) return;
            if (!_monitors.ContainsKey(id) && !TryAdd(id, state)) return;
            if (_boot.IsWaiting) _boot.Look();
            if (!_boot.IsWaiting) _inotify.Remove(watch);
        });
    }

    private bool TryAdd(string id, ContainerState state)
    {
        if (PidFd.TryOpen(state.MonitorPid, (ulong)state.MonitorStartTime, out PidFd? monitor) != Errno.None)
        {
            Reap(id);
            return false;
        }
        _monitors.Add(id, monitor!);
        _loop.Watch(monitor!.Fd, EpollEvents.EPOLLIN, _ => OnMonitorEnd(id));
        if (_engine.Containers.TryRead(id) is { Tty: true }) _terminals.Ask(id);
        return true;
    }

    private int TryWatch(string id)
    {
        try
        {
            int watch = _inotify.Add(
                _engine.Containers.RunDirectory(id), InotifyMask.IN_MOVED_TO | InotifyMask.IN_ONLYDIR);
            _watches[watch] = id;
            return watch;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return -1; // It has ended meanwhile.
        }
    }

    private void OnMonitorEnd(string id)
    {
        if (!_monitors.Remove(id, out PidFd? monitor)) return;
        _loop.Forget(monitor.Fd);
        monitor.Dispose();
        MonitorSpawner.ReapEnded();
        Reap(id);
        _terminals.Forget(id);
        // A restart may have come before this: its directory was made while we still knew the old monitor.
        Adopt(id);
    }

    // A monitor that ended in order has left no state. Asking for the state of a container whose monitor was killed
    // finds it another one, or cleans up.
    private void Reap(string id) => Try($"cleaning up after container {id}", () =>
    {
        if (_engine.Containers.ReadRunState(id) is not { } before || _engine.Containers.TryRead(id) is not { } config)
            return;
        ContainerState state = _engine.StateOf(config);
        if (state.IsActive)
        {
            if (state.Pid == before.Pid)
                _log($"container {config.Name}: its monitor was killed; another one took over");
            return;
        }
        bool again = config.Restart.StartsAtBoot(state, afterBoot: false);
        _log($"container {config.Name}: its monitor was killed; {(again ? "started again" : "cleaned up")}");
        if (!again) return;
        _restarts++;
        _loop.After(RestartAfterCrashMs, () =>
        {
            _restarts--;
            Try($"starting {config.Name}", () => _boot.Start(config));
        });
    });

    // One broken container must not keep the others from being looked after.
    private void Try(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is LinuxException or UsageException or Skiff.Layers.Oci.ImageException)
        {
            _log($"{what}: {e.Message}");
        }
    }
}
