using System.Globalization;
using Skiff.Agent.Cli.Values;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>Docker's resource flags, with its ranges and its words.</summary>
internal static class ResourceFlags
{
    private const long MinimumMemoryBytes = 6 << 20;

    private static readonly (string Option, string Key, bool Bytes)[] s_deviceRates =
    [
        ("device-read-bps", "rbps", true), ("device-write-bps", "wbps", true),
        ("device-read-iops", "riops", false), ("device-write-iops", "wiops", false),
    ];

    // What cgroup v2 has no word for, and why.
    private static readonly (string Option, string Why)[] s_refused =
    [
        ("kernel-memory", "the kernel has no separate limit for its own memory any more: --memory counts it"),
        ("cpu-rt-period", "cgroup v2 has no controller of real-time bandwidth"),
        ("cpu-rt-runtime", "cgroup v2 has no controller of real-time bandwidth"),
        ("memory-swappiness", "cgroup v2 has only the host's own (vm.swappiness)"),
        ("oom-kill-disable", "cgroup v2 cannot stop processes at the limit instead of ending one: use --memory-swap, "
            + "or --oom-score-adj to say which"),
    ];

    /// <summary>The limits asked for.</summary>
    /// <exception cref="UsageException">One is out of its range, or contradicts another.</exception>
    public static Resources Read(ParsedArguments a)
    {
        long nanoCpus = a.Value("cpus") is { } cpus ? CpuCount.Parse(cpus, System.Environment.ProcessorCount) : 0;
        CheckCpus(nanoCpus, a);
        if (a.Number("memory-swappiness") is < -1 or > 100)
            throw new UsageException(
                $"Invalid value: {a.Value("memory-swappiness")}, valid memory swappiness range is 0-100", 125);
        a.Bytes("kernel-memory");
        foreach (var (option, why) in s_refused)
            if (a.Value(option) is not (null or "false")
                && (option is "kernel-memory" or "oom-kill-disable" || a.Number(option) is not (null or 0 or -1)))
                throw new UsageException($"--{option} is not supported: {why}", 125);
        var resources = new Resources
        {
            MemoryMaxBytes = a.Bytes("memory") ?? 0,
            MemoryReservationBytes = a.Bytes("memory-reservation") ?? 0,
            MemorySwapTotalBytes = a.Value("memory-swap") is "-1" ? -1 : a.Bytes("memory-swap") ?? 0,
            NanoCpus = nanoCpus,
            CpuQuotaUs = nanoCpus > 0 ? CpuCount.QuotaUs(nanoCpus) : a.Number("cpu-quota") ?? 0,
            CpuPeriodUs = a.Number("cpu-period") ?? 0,
            CpuShares = a.Number("cpu-shares") ?? 0,
            CpusetCpus = a.Value("cpuset-cpus") ?? "",
            CpusetMems = a.Value("cpuset-mems") ?? "",
            PidsMax = a.Number("pids-limit") ?? 0,
            BlkioWeight = a.SmallNumber("blkio-weight") ?? 0,
            BlkioWeightDevices = [.. a.Values("blkio-weight-device").Select(WeightDevice)],
            IoMax = [.. IoMax(a)],
        };
        Check(resources);
        // As docker has it: as much swap as memory, unless something else is asked for.
        return resources is { MemoryMaxBytes: > 0, MemorySwapTotalBytes: 0 }
            ? resources with { MemorySwapTotalBytes = 2 * resources.MemoryMaxBytes } : resources;
    }

    /// <summary>Refuses <c>--cpus</c> together with the two numbers that it stands for.</summary>
    /// <exception cref="UsageException">Names both.</exception>
    public static void CheckCpus(long nanoCpus, ParsedArguments a)
    {
        foreach (var (option, name) in (ReadOnlySpan<(string, string)>)[("cpu-period", "Period"),
            ("cpu-quota", "Quota")])
            if (nanoCpus > 0 && a.Number(option) is not (null or 0))
                throw Refused($"Conflicting options: Nano CPUs and CPU {name} cannot both be set "
                    + $"(--cpus, --{option})");
    }

    /// <summary>Refuses limits that are out of their range or contradict each other.</summary>
    /// <exception cref="UsageException">In docker's words.</exception>
    public static void Check(Resources r)
    {
        CheckMemory(r);
        if (r.CpuPeriodUs != 0 && r.CpuPeriodUs is < 1000 or > 1_000_000)
            throw Refused(
                "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)");
        if (r.CpuQuotaUs is > 0 and < 1000)
            throw Refused("CPU cfs quota can not be less than 1ms (i.e. 1000)");
        if (r.CpuShares < 0)
            throw Refused($"invalid CPU shares ({r.CpuShares}): value must be a positive integer");
        if (r.BlkioWeight != 0 && r.BlkioWeight is < 10 or > 1000)
            throw Refused("Range of blkio weight is from 10 to 1000");
        CpuSets.Check(r.CpusetCpus, "cpus", "CPUs", "/sys/devices/system/cpu/online");
        CpuSets.Check(r.CpusetMems, "mems", "memory nodes", "/sys/devices/system/node/online");
    }

    private static void CheckMemory(Resources r)
    {
        (long max, long reserved, long total) = (r.MemoryMaxBytes, r.MemoryReservationBytes, r.MemorySwapTotalBytes);
        if (max is > 0 and < MinimumMemoryBytes) throw Refused("Minimum memory limit allowed is 6MB");
        if (reserved is > 0 and < MinimumMemoryBytes) throw Refused("Minimum memory reservation allowed is 6MB");
        if (max > 0 && total > 0 && total < max)
            throw Refused("Minimum memoryswap limit should be larger than memory limit, see usage");
        if (max == 0 && total > 0)
            throw Refused("You should always set the Memory limit when using Memoryswap limit, see usage");
        if (max > 0 && max < reserved)
            throw Refused("Minimum memory limit can not be less than memory reservation limit, see usage");
    }

    private static UsageException Refused(string problem) => new(problem);

    private static string WeightDevice(string value)
    {
        int colon = value.LastIndexOf(':');
        if (colon <= 0) throw BadDevice(value, $"bad format: {value}");
        if (!value.StartsWith("/dev/", StringComparison.Ordinal))
            throw BadDevice(value, $"bad format for device path: {value}");
        bool good = int.TryParse(value.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture,
            out int weight) && weight is 0 or (>= 10 and <= 1000);
        return good ? string.Create(CultureInfo.InvariantCulture, $"{value[..colon]} {weight}")
            : throw BadDevice(value, $"invalid weight for device: {value}");

        static UsageException BadDevice(string value, string problem) =>
            new($"invalid argument \"{value}\" for \"--blkio-weight-device\" flag: {problem}", 125);
    }

    private static IEnumerable<string> IoMax(ParsedArguments a)
    {
        foreach (var (option, key, bytes) in s_deviceRates)
        {
            foreach (string value in a.Values(option))
            {
                int colon = value.IndexOf(':');
                if (colon <= 0) throw a.Invalid(option, value, $"bad format: {value}");
                if (!value.StartsWith("/dev/", StringComparison.Ordinal))
                    throw a.Invalid(option, value, $"bad format for device path: {value}");
                long rate = Rate(a, option, value, value[(colon + 1)..], bytes);
                yield return string.Create(CultureInfo.InvariantCulture, $"{value[..colon]} {key}={rate}");
            }
        }
    }

    private static long Rate(ParsedArguments a, string option, string value, string text, bool bytes)
    {
        bool good = bytes
            ? ByteSize.TryParse(text, out long rate, out _)
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out rate);
        if (good) return rate;
        string unit = bytes ? "[<unit>]" : "", hint = bytes ? ". Unit is optional and can be kb, mb, or gb" : "";
        throw a.Invalid(option, value, $"invalid rate for device: {value}. The correct format is "
            + $"<device-path>:<number>{unit}. Number must be a positive integer{hint}");
    }
}
