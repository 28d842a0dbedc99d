using System.Globalization;

namespace Skiff.Interop.Cgroups;

/// <summary>
/// What a container may use; null leaves the kernel's default. Byte counts and numbers of -1 mean no limit, as in
/// Docker. Properties carry the names of the cgroup v2 files. Conversions from Docker's v1 words are in <see
/// cref="DockerLimits"/>.
/// </summary>
public sealed record CgroupLimits
{
    /// <summary><c>memory.max</c>: the hard limit; beyond it the OOM killer acts.</summary>
    public long? MemoryMaxBytes { get; init; }

    /// <summary><c>memory.high</c>: beyond it processes are throttled and memory is reclaimed.</summary>
    public long? MemoryHighBytes { get; init; }

    /// <summary><c>memory.low</c>: best-effort protection from reclaim (Docker's --memory-reservation).</summary>
    public long? MemoryLowBytes { get; init; }

    /// <summary><c>memory.swap.max</c>: swap on top of memory; 0 forbids it.</summary>
    public long? MemorySwapMaxBytes { get; init; }

    /// <summary><c>memory.oom.group</c>: the OOM killer takes all processes or none.</summary>
    public bool? MemoryOomGroup { get; init; }

    /// <summary><c>cpu.max</c>.</summary>
    public CpuMax? CpuMax { get; init; }

    /// <summary><c>cpu.weight</c>: 1 to 10000, default 100.</summary>
    public int? CpuWeight { get; init; }

    /// <summary><c>cpuset.cpus</c>: a list such as <c>0-3,6</c>.</summary>
    public string? CpusetCpus { get; init; }

    /// <summary><c>cpuset.mems</c>: a list of memory nodes.</summary>
    public string? CpusetMems { get; init; }

    /// <summary><c>pids.max</c>: number of tasks.</summary>
    public long? PidsMax { get; init; }

    /// <summary><c>io.weight</c>: 1 to 10000, default 100.</summary>
    public int? IoWeight { get; init; }

    /// <summary><c>io.weight</c> of single devices: major, minor, 1 to 10000.</summary>
    public IReadOnlyList<(uint Major, uint Minor, int Weight)> IoDeviceWeights { get; init; } = [];

    /// <summary><c>io.max</c>: one row per device.</summary>
    public IReadOnlyList<IoMax> IoMax { get; init; } = [];

    /// <summary>
    /// Further files with what is written to them, in order, for limits that have no property here.
    /// </summary>
    public IReadOnlyList<(string File, string Value)> Files { get; init; } = [];

    /// <summary>The controllers that these limits need.</summary>
    public CgroupControllers Controllers
    {
        get
        {
            var needed = CgroupControllers.None;
            if ((MemoryMaxBytes ?? MemoryHighBytes ?? MemoryLowBytes ?? MemorySwapMaxBytes) is not null
                || MemoryOomGroup is not null)
                needed |= CgroupControllers.memory;
            if (CpuMax is not null || CpuWeight is not null) needed |= CgroupControllers.cpu;
            if (CpusetCpus is not null || CpusetMems is not null) needed |= CgroupControllers.cpuset;
            if (PidsMax is not null) needed |= CgroupControllers.pids;
            if (IoWeight is not null || IoDeviceWeights.Count > 0 || IoMax.Count > 0) needed |= CgroupControllers.io;
            foreach (var (file, _) in Files)
                needed |= CgroupControllerNames.Parse(file.AsSpan(0, Math.Max(0, file.IndexOf('.'))));
            return needed;
        }
    }

    /// <summary>A number as cgroup files take it: <c>max</c> for a negative one.</summary>
    internal static string Text(long value) => value < 0 ? "max" : value.ToString(CultureInfo.InvariantCulture);
}
