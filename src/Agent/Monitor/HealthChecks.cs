using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Monitor;

/// <summary>
/// Checks the health of one run of a container, as docker does: a command inside, again and again, one at a time.
/// Nothing is written to disk. A paused container is not checked.
/// </summary>
internal sealed class HealthChecks : IDisposable
{
    private const int DefaultRetries = 3;
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_startInterval = TimeSpan.FromSeconds(5);

    private readonly EventLoop _loop;
    private readonly RunningContainer _container;
    private readonly ContainerConfig _config;
    private readonly Healthcheck _check;
    private readonly Action<HealthState> _found;
    private readonly long _startedMs = System.Environment.TickCount64;
    private HealthProbe? _probe;
    private LoopTimer? _next;
    private LoopTimer? _timeout;

    private HealthChecks(EventLoop loop, RunningContainer container, ContainerConfig config, Healthcheck check,
        Action<HealthState> found)
    {
        (_loop, _container, _config, _check, _found) = (loop, container, config, check, found);
        Schedule();
    }

    /// <summary>What they have found so far.</summary>
    public HealthState State { get; private set; } = HealthState.Starting;

    private long RunningMs => System.Environment.TickCount64 - _startedMs + (long)_container.Age.TotalMilliseconds;

    private bool IsStarting => State.Status == "starting"
        && RunningMs < Milliseconds(_check.StartPeriodNs, TimeSpan.Zero);

    /// <summary>Begins; null when <paramref name="config"/> has no check.</summary>
    /// <param name="loop">Where they run.</param>
    /// <param name="container">What runs.</param>
    /// <param name="config">Says how.</param>
    /// <param name="found">Told after every check.</param>
    /// <param name="before">What was found before, by another monitor.</param>
    public static HealthChecks? Start(EventLoop loop, RunningContainer container, ContainerConfig config,
        Action<HealthState> found, HealthState? before) => config.Healthcheck is { } check
        ? new HealthChecks(loop, container, config, check, found) { State = before ?? HealthState.Starting } : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _loop.Cancel(_next);
        _loop.Cancel(_timeout);
        _probe?.Dispose();
    }

    private static long Milliseconds(long nanoseconds, TimeSpan byDefault) =>
        nanoseconds > 0 ? Math.Max(1, nanoseconds / 1_000_000) : (long)byDefault.TotalMilliseconds;

    private void Schedule() => _next = _loop.After(IsStarting
        ? Milliseconds(_check.StartIntervalNs, s_startInterval) : Milliseconds(_check.IntervalNs, s_interval), Probe);

    private void Probe()
    {
        if (_container.Cgroup is { Frozen: true })
        {
            Schedule();
            return;
        }
        DateTimeOffset start = DateTimeOffset.UtcNow;
        try
        {
            _probe = new HealthProbe(_loop, Start, OnResult);
            _timeout = _loop.After(Milliseconds(_check.TimeoutNs, s_timeout), OnTimeout);
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            Take(new HealthResult(start, DateTimeOffset.UtcNow, -1, e.Message));
        }
    }

    private LaunchedProcess Start(IReadOnlyList<Fd> stdio)
    {
        IReadOnlyList<string> test = _check.Test!;
        string[] command = test[0] == "CMD-SHELL" ? [.. Shell(), .. test.Skip(1)] : [.. test.Skip(1)];
        var options = new ExecOptions(command, [], "", "", Tty: false, Privileged: false);
        return ExecPlan.Start(_config, options, _container, stdio);
    }

    private string[] Shell() => _config.Shell.Length > 0 ? _config.Shell : ["/bin/sh", "-c"];

    private void OnTimeout()
    {
        long timeoutMs = Milliseconds(_check.TimeoutNs, s_timeout);
        _probe?.GiveUp($"Health check exceeded timeout ({GoDuration.Format(TimeSpan.FromMilliseconds(timeoutMs))})");
    }

    private void OnResult(HealthResult result)
    {
        _loop.Cancel(_timeout);
        _probe = null;
        // One that was frozen on its way tells nothing about the container.
        if (result.ExitCode == -1 && _container.Cgroup is { Frozen: true }) Schedule();
        else Take(result);
    }

    private void Take(HealthResult result)
    {
        State = State.After(result, counts: !IsStarting, _check.Retries > 0 ? _check.Retries : DefaultRetries);
        Schedule();
        _found(State);
    }
}
