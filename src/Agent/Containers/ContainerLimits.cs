using Skiff.Agent.Cdi;
using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Ebpf;

namespace Skiff.Agent.Containers;

/// <summary>Docker's resource flags as cgroup v2 limits.</summary>
internal static class ContainerLimits
{
    /// <summary>The limits that were asked for; the rest stays unset.</summary>
    public static CgroupLimits Of(Resources r) => new()
    {
        MemoryMaxBytes = r.MemoryMaxBytes > 0 ? r.MemoryMaxBytes : null,
        MemoryLowBytes = r.MemoryReservationBytes > 0 ? r.MemoryReservationBytes : null,
        MemorySwapMaxBytes = r.MemoryMaxBytes > 0
            ? DockerLimits.MemorySwapMax(r.MemoryMaxBytes, r.MemorySwapTotalBytes) : null,
        CpuMax = r.CpuQuotaUs > 0
            ? new CpuMax(r.CpuQuotaUs, r.CpuPeriodUs > 0 ? r.CpuPeriodUs : CpuMax.DefaultPeriodUs) : null,
        CpuWeight = r.CpuShares > 0 ? DockerLimits.CpuWeight(r.CpuShares) : null,
        CpusetCpus = r.CpusetCpus.Length > 0 ? r.CpusetCpus : null,
        CpusetMems = r.CpusetMems.Length > 0 ? r.CpusetMems : null,
        PidsMax = r.PidsMax > 0 ? r.PidsMax : null,
        IoWeight = r.BlkioWeight > 0 ? DockerLimits.IoWeight(r.BlkioWeight) : null,
        IoDeviceWeights = Array.ConvertAll(r.BlkioWeightDevices, ParseWeight),
        IoMax = Array.ConvertAll(r.IoMax, ParseIoMax),
    };

    /// <summary>Whether a container has limits and the user no cgroup to set them.</summary>
    public static bool AreDiscarded(ContainerConfig config) =>
        Of(config.Resources).Controllers != CgroupControllers.None && ContainerCgroup.Tree() is null;

    /// <summary>What a rootless user is told who has no cgroups.</summary>
    public const string Discarded = "limits are discarded: the host has delegated no cgroup to this user (with systemd "
        + "from within user@UID.service, such as systemd-run --user)";

    /// <summary>
    /// What <c>stats</c> counts with, also of a container without limits. A cgroup whose children have controllers may
    /// hold no processes itself, so where others may have put some only limits ask for them.
    /// </summary>
    public static CgroupControllers Counted(ContainerConfig config) =>
        config.CgroupParent.Length > 0 || RootlessMode.IsOn ? CgroupControllers.None
            : CgroupControllers.io | CgroupControllers.memory | CgroupControllers.pids;

    /// <summary>
    /// Refuses every device outside Docker's list and the container's own, by an eBPF program on the cgroup.
    /// </summary>
    public static void RestrictDevices(Cgroup cgroup, ContainerConfig config, CdiEdits edits)
    {
        if (config.Devices.Length + config.DeviceCgroupRules.Length + edits.DeviceNodes.Length == 0)
        {
            using DeviceProgram standard = DeviceProgram.Load(DefaultDevices.Rules);
            standard.Attach(cgroup.Directory);
            return;
        }
        var rules = new List<DeviceRule>(DefaultDevices.Rules);
        foreach (Device device in DeviceTree.NodesOf(config)) rules.Add(RuleOf(device));
        foreach (CdiDeviceNode node in edits.DeviceNodes)
            if (node.Rule is { } allowed) rules.Add(allowed);
        foreach (string text in config.DeviceCgroupRules)
            rules.Add(DeviceRule.TryParse(text, out DeviceRule rule) ? rule
                : throw new UsageException($"invalid device cgroup format '{text}'", 125));
        using DeviceProgram program = DeviceProgram.Load(rules);
        program.Attach(cgroup.Directory);
    }

    private static DeviceRule RuleOf(Device device)
    {
        Errno errno = Files.TryStatAt(Fd.Cwd, device.PathOnHost, AtFlags.None, out FileStatus status);
        if (errno != Errno.None || !DeviceRule.TryParseAccess(device.Access, out DeviceAccess access))
            throw new UsageException($"invalid device: {device.PathOnHost}", 125);
        return new DeviceRule(true, status.Type == FileType.DT_BLK ? DeviceKind.Block : DeviceKind.Character,
            status.RdevMajor, status.RdevMinor, access);
    }

    // PATH WEIGHT, as the create verb has checked it.
    private static (uint Major, uint Minor, int Weight) ParseWeight(string row)
    {
        int space = row.LastIndexOf(' ');
        FileStatus status = BlockDevice(row[..space]);
        int weight = int.Parse(row.AsSpan(space + 1), System.Globalization.CultureInfo.InvariantCulture);
        return (status.RdevMajor, status.RdevMinor, DockerLimits.IoWeight(weight));
    }

    private static FileStatus BlockDevice(string path)
    {
        Errno errno = Files.TryStatAt(Fd.Cwd, path, AtFlags.None, out FileStatus status);
        return errno == Errno.None && status.Type == FileType.DT_BLK ? status
            : throw new UsageException($"no such device: {path}", 125);
    }

    // PATH key=value ..., as the create verb has put it together from --device-read-bps and its sisters.
    private static IoMax ParseIoMax(string row)
    {
        string[] parts = row.Split(' ');
        FileStatus status = BlockDevice(parts[0]);
        var max = new IoMax(status.RdevMajor, status.RdevMinor);
        foreach (string part in parts.AsSpan(1))
        {
            long value =
                long.Parse(part.AsSpan(part.IndexOf('=') + 1), System.Globalization.CultureInfo.InvariantCulture);
            max = part[..part.IndexOf('=')] switch
            {
                "rbps" => max with { ReadBytesPerSecond = value },
                "wbps" => max with { WriteBytesPerSecond = value },
                "riops" => max with { ReadOperationsPerSecond = value },
                _ => max with { WriteOperationsPerSecond = value },
            };
        }
        return max;
    }
}
