using Skiff.Agent.Containers;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;
using Skiff.Layers.Content;

namespace Skiff.Agent.Manager;

/// <summary>
/// Containers whose monitor was killed. One that runs gets another monitor; of one that has ended meanwhile, everything
/// is put right here.
/// </summary>
internal static class Orphans
{
    private const int RemoveTimeoutMs = 5_000, AdoptTimeoutMs = 500;

    /// <summary>Does what there is to do, and returns the state that comes of it.</summary>
    public static ContainerState Settle(Engine engine, ContainerConfig config, ContainerState running) =>
        ProcessTimes.IsAlive(running.Pid, running.PidStartTime)
            ? Adopt(engine, config, running) : Reap(engine, config, running);

    private static ContainerState Adopt(Engine engine, ContainerConfig config, ContainerState running)
    {
        // The agent has the terminal, if anybody has, and finds out by itself.
        bool forAgent = config.Tty && engine.Terminals is null && AgentLoop.IsRunning(engine.Roots);
        if (forAgent && IsAdopted(engine, config.Id, running.MonitorPid))
            return CurrentState(engine, config.Id);
        Fd? terminal = engine.Terminals?.Find(config.Id, running.Pid);
        try
        {
            using MonitorClient client = MonitorClient.Spawn(engine.Roots);
            client.Start(new StartRequest(config.Id, AttachStreams.None, Adopt: true),
                terminal is null ? [] : [terminal.Number]);
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            // Somebody else does it already, or it has just ended, or nothing has room: then it runs as it did, and
            // the next look tries again.
            IsAdopted(engine, config.Id, running.MonitorPid);
        }
        return CurrentState(engine, config.Id);
    }

    // Waits a little for what somebody else does about it.
    private static bool IsAdopted(Engine engine, string id, int before) => engine.WaitForState(
        id, System.Environment.TickCount64 + AdoptTimeoutMs,
        () => engine.Containers.ReadRunState(id)?.MonitorPid != before);

    private static ContainerState CurrentState(Engine engine, string id) =>
        engine.Containers.ReadRunState(id) ?? engine.Containers.ReadDurableState(id);

    /// <summary>
    /// Ends what is left, gives everything back and records the end; whoever holds the run lock does it, once.
    /// </summary>
    public static ContainerState Reap(Engine engine, ContainerConfig config, ContainerState running)
    {
        using (Fd? runLock = engine.Containers.TryClaim(config.Id))
        {
            if (runLock is null) return running;
            if (engine.Containers.ReadRunState(config.Id)?.MonitorPid != running.MonitorPid)
            {
                // Its monitor has finished the job itself, or somebody else for it.
                engine.Containers.RemoveRunDirectory(config.Id);
                return engine.Containers.ReadDurableState(config.Id);
            }
            bool seen = PidFd.TryReadEndOfZombie(running.Pid, (ulong)running.PidStartTime, out ExitStatus status);
            // Without a cgroup, as a user may be, nothing else is known of it: the others end with the first one.
            if (PidFd.TryOpen(running.Pid, (ulong)running.PidStartTime, out PidFd? first) == Errno.None)
                using (first) first!.TrySendSignal(Signals.SIGKILL);
            GiveBack(engine, config);
            ContainerState state = running.Exited() with
            {
                // Between two runs there was no process that could have ended.
                ExitCode = running.Pid == 0 ? running.ExitCode : seen ? status.ShellCode
                    : ContainerState.UnknownExitCode,
                Error = running.Pid == 0 || seen ? "the container's monitor was killed" : ContainerState.UnseenEnd,
                FinishedAt = DateTimeOffset.UtcNow, Health = running.Health.Length > 0 ? "unhealthy" : "",
            };
            engine.Events.WriteEnd(config, state.ExitCode, DateTimeOffset.UtcNow - running.StartedAt);
            if (config.AutoRemove && !engine.Containers.IsRestarting(config.Id))
            {
                if (ContainerRemoval.Remove(engine.Containers, engine.Volumes, config, withVolumes: true) is not null)
                    return engine.Containers.ReadDurableState(config.Id);
            }
            else if (!TryRecord(engine, config.Id, state)) return state;
            engine.Containers.RemoveRunDirectory(config.Id);
            return state;
        }
    }

    /// <summary>
    /// The same for a monitor that was killed before it had written a state. A start takes milliseconds; what is
    /// younger than <paramref name="age"/> may be one.
    /// </summary>
    public static void ReapUnstarted(Engine engine, string id, TimeSpan age)
    {
        string directory = engine.Containers.RunDirectory(id);
        if (Files.TryStatAt(Fd.Cwd, directory, AtFlags.None, out FileStatus status) != Errno.None
            || DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeSeconds(status.MtimeSeconds) < age) return;
        using Fd runLock = Files.Open(Path.Combine(directory, "lock"), OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180);
        if (Files.TryFlock(runLock, exclusive: true, wait: false) != Errno.None
            || engine.Containers.ReadRunState(id) is not null) return;
        if (engine.Containers.TryRead(id) is { } config) GiveBack(engine, config);
        engine.Containers.RemoveRunDirectory(id);
    }

    /// <summary>
    /// What a monitor that was killed in the middle of a start has left of a container that is about to be removed; the
    /// caller has claimed it. The cgroup is the first that a start makes, and the last that it takes back.
    /// </summary>
    public static void GiveBackUnstarted(Engine engine, ContainerConfig config)
    {
        using (Cgroup? left = ContainerCgroup.TryOpen(config))
            if (left is not null) GiveBack(engine, config);
        engine.Volumes.Leave(config.Volumes, config.Id);
    }

    // A disk without room for the record must not keep anybody from listing containers: the run directory stays, and
    // the next look tries again.
    private static bool TryRecord(Engine engine, string id, ContainerState state)
    {
        try
        {
            engine.Containers.WriteDurableState(id, state, durable: true);
            return true;
        }
        catch (LinuxException e) when (SpaceReserve.IsFull(e.Errno))
        {
            return false;
        }
    }

    private static void GiveBack(Engine engine, ContainerConfig config)
    {
        Kill(config);
        ContainerNetwork.GiveBack(engine.Roots, engine.Containers, config.Id);
        RunHooks(config, engine.Containers.RunDirectory(config.Id));
        engine.Volumes.Leave(config.Volumes, config.Id);
    }

    // Whoever only looks is not to fail for the sake of a vendor's program.
    private static void RunHooks(ContainerConfig config, string runDirectory)
    {
        try
        {
            StartHooks.Resume(config, runDirectory)?.RunStopped();
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            KernelLog.Error(config, e.Message);
        }
    }

    private static void Kill(ContainerConfig config)
    {
        using Cgroup? cgroup = ContainerCgroup.TryOpen(config);
        if (cgroup is null) return;
        if (cgroup.Populated) cgroup.Kill();
        cgroup.TryRemove(RemoveTimeoutMs);
    }
}
