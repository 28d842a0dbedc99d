using System.Globalization;
using Skiff.Agent.Cli.Values;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>Docker's resource flags.</summary>
internal static class ResourceFlags
{
    private const long MinimumMemoryBytes = 6 << 20;

    private static readonly (string Option, string Key, bool Bytes)[] s_deviceRates =
    [
        ("device-read-bps", "rbps", true), ("device-write-bps", "wbps", true),
        ("device-read-iops", "riops", false), ("device-write-iops", "wiops", false),
    ];

    /// <summary>The limits asked for.</summary>
    public static Resources Read(ParsedArguments a)
    {
        long memory = a.Bytes("memory") ?? 0;
        if (memory is > 0 and < MinimumMemoryBytes)
            throw new UsageException("Minimum memory limit allowed is 6MB", 125);
        if (a.Has("cpus") && (a.Has("cpu-quota") || a.Has("cpu-period")))
            throw new UsageException("Conflicting options: Nano CPUs and CPU Period/Quota cannot both be set", 125);
        return new Resources
        {
            MemoryMaxBytes = memory,
            MemoryReservationBytes = a.Bytes("memory-reservation") ?? 0,
            MemorySwapTotalBytes = a.Value("memory-swap") is "-1" ? -1 : a.Bytes("memory-swap") ?? 0,
            CpuQuotaUs = a.Value("cpus") is { } cpus
                ? CpuCount.Parse(cpus, System.Environment.ProcessorCount)?.QuotaUs ?? 0
                : a.Number("cpu-quota") ?? 0,
            CpuPeriodUs = a.Number("cpu-period") ?? 0,
            CpuShares = a.Number("cpu-shares") ?? 0,
            CpusetCpus = a.Value("cpuset-cpus") ?? "",
            CpusetMems = a.Value("cpuset-mems") ?? "",
            PidsMax = a.Number("pids-limit") ?? 0,
            BlkioWeight = (int)(a.Number("blkio-weight") ?? 0),
            IoMax = [.. IoMax(a)],
        };
    }

    private static IEnumerable<string> IoMax(ParsedArguments a)
    {
        foreach (var (option, key, bytes) in s_deviceRates)
        {
            foreach (string value in a.Values(option))
            {
                int colon = value.LastIndexOf(':');
                if (colon <= 0) throw new UsageException($"bad format: {value}: expected DEVICE:RATE", 125);
                long rate = Rate(a, option, value[(colon + 1)..], bytes);
                yield return string.Create(CultureInfo.InvariantCulture, $"{value[..colon]} {key}={rate}");
            }
        }
    }

    private static long Rate(ParsedArguments a, string option, string text, bool bytes)
    {
        string problem = "not a number";
        bool good = bytes
            ? ByteSize.TryParse(text, out long rate, out problem)
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out rate);
        return good ? rate : throw a.Invalid(option, text, problem);
    }
}
