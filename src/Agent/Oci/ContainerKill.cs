using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci;

/// <summary>kill: a signal for a container.</summary>
internal static class ContainerKill
{
    /// <summary>Sends it to the first process, or to all.</summary>
    public static void Send(OciContainer container, int signal, bool all)
    {
        if (all && container.Status() == ContainerStatus.Stopped)
        {
            // Where the container has no PID namespace of its own, others outlive the first process.
            SendAll(container, signal);
            return;
        }
        using PidFd process = container.RequireProcess("kill");
        if (all) SendAll(container, signal);
        else Check(process.TrySendSignal(signal), container, signal);
    }

    private static void SendAll(OciContainer container, int signal)
    {
        using Cgroup? cgroup = Cgroup.TryOpen(container.Record.CgroupPath);
        if (cgroup is null) throw NotRunning(container);
        if (signal == Signals.SIGKILL)
        {
            cgroup.Kill();
            return;
        }
        foreach (int pid in cgroup.ProcessesBelow())
        {
            if (PidFd.TryOpen(pid, out PidFd? process) != Errno.None) continue;
            using (process)
                if (process!.TrySendSignal(signal) is var errno and not Errno.ESRCH) Check(errno, container, signal);
        }
    }

    private static void Check(Errno errno, OciContainer container, int signal)
    {
        if (errno == Errno.ESRCH) throw NotRunning(container);
        if (errno != Errno.None) throw new LinuxException(errno, $"pidfd_send_signal({Signals.NameOf(signal)})",
            null, $"container {container.Record.Id}");
    }

    private static UsageException NotRunning(OciContainer container) =>
        new($"cannot kill container \"{container.Record.Id}\": container not running");
}
