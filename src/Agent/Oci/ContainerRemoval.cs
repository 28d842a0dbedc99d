using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Spec;
using Skiff.Agent.RuntimeSpec;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci;

/// <summary>delete: the cgroup, what still runs in it, and the state.</summary>
internal static class ContainerRemoval
{
    private const int TimeoutMs = 10_000;

    /// <summary>Deletes a container.</summary>
    /// <param name="container">The container.</param>
    /// <param name="force">Whether one that runs is ended first.</param>
    /// <param name="log">Where a failing poststop hook is noted.</param>
    public static void Delete(OciContainer container, bool force, RuntimeLog log)
    {
        ContainerStatus status = container.Status();
        // As runc: a container that was never started is not in the way.
        if (!force && status is not (ContainerStatus.Stopped or ContainerStatus.Created))
            throw new UsageException($"cannot delete container {container.Record.Id} that is not stopped: it is "
                + StateFormat.Word(status));
        using Fd turn = ContainerRecord.Lock(container.Directory);
        EndProcess(container);
        RemoveCgroup(container.Record.CgroupPath);
        // What the hooks need is read before it is gone.
        HookEntry[] hooks = PoststopHooks(container, force);
        Trees.Remove(container.Directory);
        try
        {
            HookRunner.Run("poststop", hooks, container.StateJson(ContainerStatus.Stopped));
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            log.Warn(e.Message);
        }
    }

    /// <summary>
    /// Clears away what a create that was killed has left in a directory; false when it is a container.
    /// </summary>
    public static bool ClearAbandoned(string directory)
    {
        ContainerRecord? record = ContainerRecord.TryRead(directory);
        if (record is null || !record.IsAbandoned(directory)) return false;
        RemoveCgroup(record.CgroupPath);
        Trees.Remove(directory);
        return true;
    }

    private static void EndProcess(OciContainer container)
    {
        using PidFd? process = container.OpenProcess();
        if (process is null) return;
        process.TrySendSignal(Signals.SIGKILL);
        // It is some other process' child, which reaps it.
        if (Files.Poll(process.Fd, PollEvents.POLLIN, TimeoutMs) != PollEvents.None) return;
        throw new UsageException($"container {container.Record.Id}: its process {container.Record.Pid} does not end"
            + $" within {TimeoutMs / 1000} s of SIGKILL");
    }

    private static void RemoveCgroup(string path)
    {
        using Cgroup? cgroup = Cgroup.TryOpen(path);
        if (cgroup is null) return;
        if (cgroup.Populated) cgroup.Kill();
        Errno errno = cgroup.TryRemove(TimeoutMs);
        if (errno != Errno.None) throw new LinuxException(errno, "rmdir", path, "removing the container's cgroup");
    }

    private static HookEntry[] PoststopHooks(OciContainer container, bool force)
    {
        try
        {
            return container.Spec.Hooks.Poststop;
        }
        catch (Exception e) when (force && e is (UsageException or LinuxException))
        {
            return []; // A record that is damaged must not keep the container from going.
        }
    }
}
