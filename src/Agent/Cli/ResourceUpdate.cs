using Skiff.Agent.Cli.Values;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>The resource flags of <c>update</c>: what is not given stays.</summary>
internal static class ResourceUpdate
{
    /// <summary>The flags, without <c>--restart</c>.</summary>
    public static readonly Option[] Table =
    [
        Option.Value("blkio-weight", "uint16",
            "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)"),
        Option.Value("cpu-period", "int", "Limit CPU CFS (Completely Fair Scheduler) period"),
        Option.Value("cpu-quota", "int", "Limit CPU CFS (Completely Fair Scheduler) quota"),
        Option.Value("cpu-rt-period", "int", "Limit the CPU real-time period in microseconds (not with cgroup v2)"),
        Option.Value("cpu-rt-runtime", "int", "Limit the CPU real-time runtime in microseconds (not with cgroup v2)"),
        Option.Value("cpu-shares", "int", "CPU shares (relative weight)", 'c'),
        Option.Value("cpus", "decimal", "Number of CPUs"),
        Option.Value("cpuset-cpus", "string", "CPUs in which to allow execution (0-3, 0,1)"),
        Option.Value("cpuset-mems", "string", "MEMs in which to allow execution (0-3, 0,1)"),
        Option.Value("memory", "bytes", "Memory limit", 'm'),
        Option.Value("memory-reservation", "bytes", "Memory soft limit"),
        Option.Value("memory-swap", "bytes", "Swap limit equal to memory plus swap: -1 to enable unlimited swap"),
        Option.Value("pids-limit", "int", "Tune container pids limit (set -1 for unlimited)"),
    ];

    /// <summary>Whether any of them was given.</summary>
    public static bool IsAny(ParsedArguments a) => Array.Exists(Table, option => a.Has(option.Name));

    /// <summary>Gives a container other limits, and another restart policy unless that is null.</summary>
    /// <exception cref="UsageException">They do not go together, or not with what the container is.</exception>
    public static void Run(Engine engine, ContainerConfig config, Resources resources, RestartPolicy? policy)
    {
        if (policy is not null && policy != RestartPolicy.No && config.AutoRemove)
            throw UsageException.Conflict(
                "Restart policy cannot be updated because AutoRemove is enabled for the container");
        ResourceFlags.Check(resources);
        engine.Update(config, config with { Restart = policy ?? config.Restart, Resources = resources });
    }

    /// <summary>The limits after the change.</summary>
    /// <param name="old">The limits before it.</param>
    /// <param name="a">The flags.</param>
    /// <exception cref="UsageException">One is out of its range, or does not go with what stays.</exception>
    public static Resources Apply(Resources old, ParsedArguments a)
    {
        long nanoCpus = a.Value("cpus") is { } cpus ? CpuCount.Parse(cpus, Environment.ProcessorCount) : 0;
        ResourceFlags.CheckCpus(nanoCpus, a);
        CheckCpus(old, nanoCpus, a);
        if (a.Number("cpu-rt-period") is > 0 || a.Number("cpu-rt-runtime") is > 0)
            throw new UsageException("--cpu-rt-period and --cpu-rt-runtime are not supported: cgroup v2 has no "
                + "controller of real-time bandwidth");
        long? swap = a.Value("memory-swap") is "-1" ? -1 : a.Bytes("memory-swap");
        if (a.Bytes("memory") is { } memory && swap is null or 0 && old.MemorySwapTotalBytes is > 0 and var total
            && memory > total)
            throw UsageException.Conflict("Memory limit should be smaller than already set memoryswap limit, update "
                + "the memoryswap at the same time");
        long? quota = nanoCpus > 0 ? CpuCount.QuotaUs(nanoCpus) : a.Number("cpu-quota");
        return old with
        {
            BlkioWeight = (int)Given(a.SmallNumber("blkio-weight"), old.BlkioWeight),
            NanoCpus = Given(nanoCpus, old.NanoCpus),
            CpuPeriodUs = Given(a.Number("cpu-period"), old.CpuPeriodUs),
            CpuQuotaUs = Given(quota, old.CpuQuotaUs),
            CpuShares = Given(a.Number("cpu-shares"), old.CpuShares),
            CpusetCpus = a.Value("cpuset-cpus") is { Length: > 0 } set ? set : old.CpusetCpus,
            CpusetMems = a.Value("cpuset-mems") is { Length: > 0 } nodes ? nodes : old.CpusetMems,
            MemoryMaxBytes = Given(a.Bytes("memory"), old.MemoryMaxBytes),
            MemoryReservationBytes = Given(a.Bytes("memory-reservation"), old.MemoryReservationBytes),
            MemorySwapTotalBytes = Given(swap, old.MemorySwapTotalBytes),
            PidsMax = a.Number("pids-limit") is { } pids ? Math.Max(pids, -1) : old.PidsMax,
        };
    }

    // What --cpus has set and what --cpu-quota and --cpu-period have cannot be told to change into each other.
    private static void CheckCpus(Resources old, long nanoCpus, ParsedArguments a)
    {
        string? problem = (old.NanoCpus > 0, nanoCpus > 0) switch
        {
            (true, _) when a.Number("cpu-quota") is > 0 => "CPU Quota cannot be updated as NanoCPUs has",
            (true, _) when a.Number("cpu-period") is > 0 => "CPU Period cannot be updated as NanoCPUs has",
            (false, true) when old.CpuQuotaUs > 0 => "Nano CPUs cannot be updated as CPU Quota has",
            (false, true) when old.CpuPeriodUs > 0 => "Nano CPUs cannot be updated as CPU Period has",
            _ => null,
        };
        if (problem is not null) throw UsageException.Conflict($"Conflicting options: {problem} already been set");
    }

    private static UsageException Conflict(string message) => UsageException.Conflict(message);

    // As in docker, zero changes nothing.
    private static long Given(long? value, long old) => value is null or 0 ? old : value.Value;
}
