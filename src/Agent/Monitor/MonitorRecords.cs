using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>
/// What a monitor writes down about its container: in RUNROOT while it lives, on the disk at its ends.
/// </summary>
internal sealed class MonitorRecords(StateRoots roots, ContainerStore store, ContainerConfig config)
{
    /// <summary>The state as last written.</summary>
    public ContainerState State { get; private set; } = new();

    /// <summary>A run has begun.</summary>
    public void Started(RunningContainer container, HealthState? health)
    {
        State = UnderThisMonitor(new ContainerState
        {
            Status = "running",
            Pid = container.Process.Pid,
            PidStartTime = ProcessTimes.StartTime(container.Process.Pid),
            Pipes = (InodeOf(container.Stdout), InodeOf(container.Stderr)),
            StartedAt = DateTimeOffset.UtcNow,
            FinishedAt = State.FinishedAt,
            RestartCount = State.RestartCount,
            Health = health?.Status ?? "",
            Warnings = container.Warnings,
        });
        store.WriteRunState(config.Id, State);
        if (health is not null) store.WriteHealth(config.Id, health);
        if (config.AutoRemove) return;
        // What is read after a power cut, so it names no process: those numbers belong to others then. Not flushed: all
        // that the cut may take away is that the container ran. For the same reason the container runs without it.
        TryStore(() => store.WriteDurableState(config.Id,
            State.Exited() with { ExitCode = 255, Boot = BootId.Read() }, durable: false));
    }

    /// <summary>This monitor goes on with a run that another one has begun.</summary>
    public void Adopted(ContainerState state)
    {
        State = UnderThisMonitor(state);
        store.WriteRunState(config.Id, State);
    }

    /// <summary>A start has failed: what is known of earlier runs stays.</summary>
    public void Failed(string error, int exitCode)
    {
        ContainerState before = State.StartedAt == default ? store.ReadDurableState(config.Id) : State;
        State = before with { Error = error, ExitCode = exitCode };
    }

    /// <summary>The first start has failed, and that was all.</summary>
    public void GiveUpStart()
    {
        if (!config.AutoRemove) TryStore(() => store.WriteDurableState(config.Id, State, durable: true));
    }

    /// <summary>A run has ended.</summary>
    public void Ended(ExitStatus? status, bool oomKilled, HealthState? health)
    {
        State = State.Ended(State.Status) with
        {
            ExitCode = status?.ShellCode ?? ContainerState.UnknownExitCode,
            Error = status is null ? ContainerState.UnseenEnd : "",
            OomKilled = oomKilled, FinishedAt = DateTimeOffset.UtcNow,
            Health = health is null ? "" : "unhealthy",
        };
        if (health is not null && !config.AutoRemove)
            TryStore(() => store.KeepHealth(config.Id, health with { Status = "unhealthy" }));
    }

    /// <summary>Another run will follow.</summary>
    public void Restarting()
    {
        State = UnderThisMonitor(State.Ended("restarting"));
        store.WriteRunState(config.Id, State);
    }

    /// <summary>It follows now.</summary>
    public void CountRestart() => State = State with { RestartCount = State.RestartCount + 1 };

    /// <summary>No other run will follow, for somebody wanted it so.</summary>
    public void StoppedByUser()
    {
        State = State with { StoppedByUser = true };
        store.WriteRunState(config.Id, State);
    }

    /// <summary>A check has ended.</summary>
    public void Health(HealthState health)
    {
        store.WriteHealth(config.Id, health);
        if (health.Status == State.Health) return;
        State = State with { Health = health.Status };
        store.WriteRunState(config.Id, State);
    }

    /// <summary>The container has ended for good: it is removed, or its end recorded.</summary>
    public void Finish()
    {
        State = State.Exited();
        TryStore(() =>
        {
            if (config.AutoRemove && !store.IsRestarting(config.Id))
            {
                if (ContainerRemoval.Remove(store, new VolumeModule(roots), config, withVolumes: true) is { } why)
                    KernelLog.Error(config, why);
            }
            else store.WriteDurableState(config.Id, State, durable: true);
        });
    }

    private static ContainerState UnderThisMonitor(ContainerState state)
    {
        int self = System.Environment.ProcessId;
        return state with { MonitorPid = self, MonitorStartTime = ProcessTimes.StartTime(self) };
    }

    private static long InodeOf(Fd? pipe) => pipe is null ? 0 : (long)Files.Stat(pipe).Ino;

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
            KernelLog.Error(config, e.Message);
        }
    }
}
