using System.Globalization;
using Skiff.Agent.Containers;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Manager;

/// <summary>What containers use, and their processes.</summary>
internal sealed partial class Engine
{
    /// <summary>
    /// What a container uses now; all zero when it does not run. The files of its cgroup and of its first process are
    /// all that is asked.
    /// </summary>
    public ContainerUse UseOf(ContainerConfig config, ContainerState state)
    {
        long nowMs = Environment.TickCount64;
        var none = new ContainerUse
        {
            AtMs = nowMs, MemoryBytes = 0, SwapBytes = 0, ReadBytes = 0, WrittenBytes = 0, Pids = 0,
        };
        if (state.Pid == 0) return none;
        using Cgroup? cgroup = ContainerCgroup.TryOpen(config);
        (long received, long sent) = config.NetworkMode == "host" ? default : TrafficOf(state.Pid);
        if (cgroup is null) return !RootlessMode.IsOn ? none : none with
        {
            ReceivedBytes = received, SentBytes = sent, Pids = PidNamespaces.ProcessesWith(state.Pid).Count,
        };
        IReadOnlyList<IoStat>? io = cgroup.ReadIoStat();
        return new ContainerUse
        {
            AtMs = nowMs,
            CpuUs = cgroup.CpuUsageUs ?? 0,
            MemoryBytes = cgroup.MemoryCurrentBytes - (cgroup.MemoryInactiveFileBytes ?? 0),
            MemoryLimitBytes = Math.Min(cgroup.MemoryMaxBytes ?? long.MaxValue, HostMemoryBytes()),
            SwapBytes = cgroup.MemorySwapCurrentBytes,
            ReadBytes = io?.Sum(row => row.ReadBytes),
            WrittenBytes = io?.Sum(row => row.WrittenBytes),
            ReceivedBytes = received,
            SentBytes = sent,
            Pids = cgroup.PidsCurrent ?? cgroup.CountThreads(),
            CpuPressure = cgroup.ReadPressure("cpu"),
            MemoryPressure = cgroup.ReadPressure("memory"),
            IoPressure = cgroup.ReadPressure("io"),
        };
    }

    /// <summary>The pids of a running container's processes, as the host sees them.</summary>
    /// <exception cref="UsageException">It is not running.</exception>
    public IReadOnlyList<int> ProcessesOf(ContainerConfig config)
    {
        ContainerState state = StateOf(config);
        if (state.Pid == 0) throw UsageException.Conflict($"container {config.Id} is not running");
        var pids = new List<int>();
        Events.Write(config, "top");
        if (ContainerCgroup.PathOf(config) is { } path) Gather(path, pids);
        return pids.Count > 0 ? pids : PidNamespaces.ProcessesWith(state.Pid);
    }

    // A container that manages cgroups of its own has processes below its own cgroup.
    private static void Gather(string path, List<int> pids)
    {
        using Cgroup? cgroup = Cgroup.TryOpen(path);
        if (cgroup is null) return;
        pids.AddRange(cgroup.Processes);
        foreach (DirectoryEntry entry in Files.ListDirectory(cgroup.Directory))
            if (entry.Type == FileType.DT_DIR) Gather($"{path}/{entry.Name}", pids);
    }

    private static (long Received, long Sent) TrafficOf(int pid)
    {
        long received = 0, sent = 0;
        foreach (InterfaceUse use in InterfaceUse.Of(pid))
        {
            received += use.Counters[0];
            sent += use.Counters[InterfaceUse.Sent];
        }
        return (received, sent);
    }

    /// <summary>All memory of the host.</summary>
    public static long HostMemoryBytes()
    {
        const string name = "MemTotal:";
        if (Files.TryReadAllText(Fd.Cwd, "/proc/meminfo", out string text) != Errno.None) return 0;
        int start = text.IndexOf(name, StringComparison.Ordinal);
        int end = text.IndexOf("kB", start + name.Length, StringComparison.Ordinal);
        return Number(text.AsSpan()[(start + name.Length)..end]) << 10;
    }

    private static long Number(ReadOnlySpan<char> text) =>
        long.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;
}
