using Skiff.Agent.Containers;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Layers.Content;

namespace Skiff.Agent.Manager;

/// <summary>
/// Containers whose monitor was killed: the kernel ended their first process with it; the rest is put right here.
/// </summary>
internal static class Orphans
{
    private const int RemoveTimeoutMs = 5_000;

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
            GiveBack(engine, config);
            ContainerState state = running.Exited() with
            {
                // Between two runs there was no process that the kernel could have ended with the monitor.
                ExitCode = running.Pid > 0 ? 137 : running.ExitCode, Error = "the container's monitor was killed",
                FinishedAt = DateTimeOffset.UtcNow, Health = running.Health.Length > 0 ? "unhealthy" : "",
            };
            engine.Events.WriteEnd(config, state.ExitCode, DateTimeOffset.UtcNow - running.StartedAt);
            if (config.AutoRemove && !engine.Containers.IsRestarting(config.Id))
                ContainerRemoval.Remove(engine.Containers, engine.Volumes, config, withVolumes: true);
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
        engine.Networks.Detach(config.Id);
    }

    private static void Kill(ContainerConfig config)
    {
        using Cgroup? cgroup = ContainerCgroup.TryOpen(config);
        if (cgroup is null) return;
        if (cgroup.Populated) cgroup.Kill();
        cgroup.TryRemove(RemoveTimeoutMs);
    }
}
