using Skiff.Agent.Containers;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Manager;

/// <summary>Changing containers that are there.</summary>
internal sealed partial class Engine
{
    /// <summary>
    /// Gives a container other limits, at once when it runs, and another restart policy. What the host cannot enforce
    /// is told in words; what the kernel refuses changes nothing in the record.
    /// </summary>
    /// <param name="config">The record as it is.</param>
    /// <param name="updated">The record as it is to be.</param>
    public void Update(ContainerConfig config, ContainerConfig updated)
    {
        if (StateOf(config).Pid > 0)
            foreach (string warning in ApplyLimits(config, Changed(config.Resources, updated.Resources))) Warn(warning);
        Containers.WriteConfig(updated);
        Events.Write(updated, "update");
    }

    // What stays is not written again: nobody wants to hear again what the host cannot enforce. The limits of memory
    // and swap go together, as do those of a quota and its period.
    private static Resources Changed(Resources old, Resources r)
    {
        bool memory = r.MemoryMaxBytes != old.MemoryMaxBytes || r.MemorySwapTotalBytes != old.MemorySwapTotalBytes;
        bool cpu = r.CpuQuotaUs != old.CpuQuotaUs || r.CpuPeriodUs != old.CpuPeriodUs;
        return new Resources
        {
            MemoryMaxBytes = memory ? r.MemoryMaxBytes : 0,
            MemorySwapTotalBytes = memory ? r.MemorySwapTotalBytes : 0,
            MemoryReservationBytes = r.MemoryReservationBytes == old.MemoryReservationBytes ? 0
                : r.MemoryReservationBytes,
            CpuQuotaUs = cpu ? r.CpuQuotaUs : 0,
            CpuPeriodUs = cpu ? r.CpuPeriodUs : 0,
            CpuShares = r.CpuShares == old.CpuShares ? 0 : r.CpuShares,
            CpusetCpus = r.CpusetCpus == old.CpusetCpus ? "" : r.CpusetCpus,
            CpusetMems = r.CpusetMems == old.CpusetMems ? "" : r.CpusetMems,
            PidsMax = r.PidsMax == old.PidsMax ? 0 : r.PidsMax,
            BlkioWeight = r.BlkioWeight == old.BlkioWeight ? 0 : r.BlkioWeight,
            BlkioWeightDevices = [.. r.BlkioWeightDevices.Except(old.BlkioWeightDevices)],
            IoMax = [.. r.IoMax.Except(old.IoMax)],
        };
    }

    private static IReadOnlyList<string> ApplyLimits(ContainerConfig config, Resources r)
    {
        CgroupLimits limits = ContainerLimits.Of(r);
        // Where a start writes nothing, a limit of before has to go.
        if (r.PidsMax < 0) limits = limits with { PidsMax = -1 };
        if (r.CpuQuotaUs < 0)
            limits = limits with
            {
                CpuMax = new CpuMax(-1, r.CpuPeriodUs > 0 ? r.CpuPeriodUs : CpuMax.DefaultPeriodUs),
            };
        // One that has ended meanwhile has none, and nobody would take away another one.
        using Cgroup? cgroup = ContainerCgroup.TryOpen(config);
        // A container that was started without limits has no controllers yet.
        CgroupHierarchy? tree = ContainerCgroup.Tree();
        if (tree is null && cgroup is null)
            return limits.Controllers == CgroupControllers.None ? [] : [ContainerLimits.Discarded];
        if (tree is not null) cgroup?.Enable(tree, limits.Controllers);
        return cgroup?.Apply(limits) ?? [];
    }
}
