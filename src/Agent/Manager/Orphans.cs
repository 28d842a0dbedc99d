using Skiff.Agent.Containers;
using Skiff.Interop;
using Skiff.Interop.Cgroups;

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
        string lockPath = Path.Combine(engine.Containers.RunDirectory(config.Id), "lock");
        if (Files.TryOpenAt(Fd.Cwd, lockPath, OpenFlags.O_RDWR, 0, out Fd? runLock) != Errno.None)
            return engine.Containers.ReadDurableState(config.Id); // Its monitor has just finished the job itself.
        using (runLock)
        {
            if (Files.TryFlock(runLock!, exclusive: true, wait: false) != Errno.None) return running;
            Kill(config.Id);
            engine.Networks.Detach(config.Id);
            var state = running with
            {
                Status = "exited", ExitCode = 137, Error = "the container's monitor was killed", FinishedAt =
                    DateTimeOffset.UtcNow,
                Pid = 0, PidStartTime = 0, MonitorPid = 0, MonitorStartTime = 0, Endpoint = null,
            };
            engine.Containers.WriteDurableState(config.Id, state, durable: true);
            Trees.Remove(engine.Containers.RunDirectory(config.Id));
            return state;
        }
    }

    private static void Kill(string id)
    {
        using Cgroup? cgroup = Cgroup.TryOpen($"{CgroupHierarchy.Detect().Root}/{ContainerStarter.CgroupParent}/{id}");
        if (cgroup is null) return;
        if (cgroup.Populated) cgroup.Kill();
        cgroup.TryRemove(RemoveTimeoutMs);
    }
}
