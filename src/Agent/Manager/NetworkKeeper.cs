using Skiff.Agent.Containers;
using Skiff.Agent.Events;
using Skiff.Agent.Monitor;
using Skiff.Agent.Networks;
using Skiff.Agent.Networks.Policies;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Manager;

/// <summary>
/// Looks after networks in the agent's loop: what the network module reports becomes events, and it gets its turn when
/// there is something to look at.
/// </summary>
internal sealed class NetworkKeeper : IDisposable
{
    // Until then a transaction, or the end of a container, is through.
    private const int FirstDelayMs = 5;
    private const int LongestDelayMs = 5000;
    private const int QuietMs = 10_000;

    // How long the last agent of these roots may take to be gone altogether, and how often somebody else is looked for.
    private const int FirstAgainMs = 100;
    private const int LongestAgainMs = 60_000;

    private readonly Engine _engine;
    private readonly EventLoop _loop;
    private readonly Action<string> _log;
    private readonly NetworkWatch _watch;
    private PolicyWatch? _denied;
    private LoopTimer? _due;
    private LoopTimer? _again;
    private int _delayMs = FirstDelayMs;
    private long _repairedAt;

    /// <summary>Begins to listen.</summary>
    public NetworkKeeper(Engine engine, EventLoop loop, Action<string> log)
    {
        (_engine, _loop, _log) = (engine, loop, log);
        _watch = engine.Networks.Watch(IsRunning, Report);
        foreach (Fd fd in _watch.Fds) loop.Watch(fd, EpollEvents.EPOLLIN, _ => Take());
        Try(() => Hear(FirstAgainMs));
    }

    /// <summary>Looks at everything.</summary>
    public void Begin() => Look();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Fd fd in _watch.Fds) _loop.Forget(fd);
        if (_denied is not null) _loop.Forget(_denied.Fd);
        _denied?.Dispose();
        _loop.Cancel(_due);
        _loop.Cancel(_again);
        _watch.Dispose();
    }

    // Nobody tells when the group of denied packets is free.
    private void Hear(int againMs)
    {
        try
        {
            PolicyWatch denied = _denied = _engine.Networks.WatchPolicies(Report);
            _loop.Watch(denied.Fd, EpollEvents.EPOLLIN, _ => Try(denied.Take));
        }
        catch (LinuxException e) when (e.Errno == Errno.EPERM)
        {
            // Whoever has come so far may do it: another process has the group.
            if (againMs == FirstAgainMs) _log($"nothing is heard of denied packets for now: {e.Message}; "
                + "another process, perhaps an agent that is about to end, listens to the group: it is tried again");
            _again = _loop.After(againMs, () => Try(() => Hear(Math.Min(againMs * 2, LongestAgainMs))));
        }
    }

    private void Take()
    {
        if (_watch.Take()) LookIn(_delayMs);
    }

    private void LookIn(int delayMs)
    {
        _due ??= _loop.After(delayMs, Look);
    }

    private void Look()
    {
        _due = null;
        // Somebody who takes away again and again what is put back is not to keep the host busy.
        if (System.Environment.TickCount64 - _repairedAt > QuietMs) _delayMs = FirstDelayMs;
        if (!Try(_watch.Look)) LookIn(LongestDelayMs);
    }

    private bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception e) when (e is AggregateException or LinuxException or UsageException)
        {
            _log($"looking after networks: {e.Message}");
            return false;
        }
    }

    private bool IsRunning(string id) => _engine.Containers.ReadRunState(id) is { } state
        && ProcessTimes.IsAlive(state.Pid, state.PidStartTime);

    private void Report(NetworkReport report)
    {
        if (report.Change is NetworkChange.RulesRestored or NetworkChange.BridgeRestored
            or NetworkChange.ForwardOpened)
        {
            _repairedAt = System.Environment.TickCount64;
            _delayMs = Math.Min(_delayMs * 2, LongestDelayMs);
        }
        EngineEvent happened = NetworkEvents.Of(report);
        _engine.Events.Write(happened);
        _log($"network {happened.Attribute("name")}: {happened.Action}{Details(happened)}");
    }

    private static string Details(EngineEvent happened)
    {
        string text = "";
        foreach ((string name, string value) in happened.Attributes)
            if (name is not ("name" or "type")) text += $" {name}={value}";
        return text;
    }
}
