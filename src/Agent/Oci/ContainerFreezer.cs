using Skiff.Agent.Manager;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Oci;

/// <summary>pause and resume, by the cgroup's freezer.</summary>
internal static class ContainerFreezer
{
    private const int TimeoutMs = 10_000;

    /// <summary>Stops all processes.</summary>
    public static void Pause(OciContainer container)
    {
        ContainerStatus status = container.Status();
        if (status is not (ContainerStatus.Running or ContainerStatus.Created))
            throw new UsageException($"cannot pause container \"{container.Record.Id}\": "
                + (status == ContainerStatus.Stopped ? "container not running" : $"it is {StateFormat.Word(status)}"));
        using Cgroup cgroup = container.OpenCgroup();
        if (cgroup.Freeze(TimeoutMs)) return;
        string inTheWay = cgroup.DescribeUnfrozen();
        cgroup.Thaw(timeoutMs: 0);
        throw new UsageException($"cannot pause container \"{container.Record.Id}\": not all of its processes stop"
            + $" within {TimeoutMs / 1000} s: {inTheWay}");
    }

    /// <summary>Lets them run again.</summary>
    public static void Resume(OciContainer container)
    {
        using Cgroup cgroup = container.OpenCgroup();
        if (!cgroup.Frozen)
            throw new UsageException($"cannot resume container \"{container.Record.Id}\": it is not paused");
        if (!cgroup.Thaw(TimeoutMs))
            throw new UsageException($"container \"{container.Record.Id}\" does not run again within"
                + $" {TimeoutMs / 1000} s");
    }
}
