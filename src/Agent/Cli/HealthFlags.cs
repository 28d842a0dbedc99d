using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli;

/// <summary>The flags about a container's health.</summary>
internal static class HealthFlags
{
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(1);

    private static readonly string[] s_names =
    [
        "health-cmd", "health-interval", "health-timeout", "health-start-period", "health-start-interval",
        "health-retries",
    ];

    /// <summary>The check that is asked for; null leaves it to the image.</summary>
    /// <exception cref="UsageException">A value is out of its range, or the flags contradict each other.</exception>
    public static Healthcheck? Read(ParsedArguments a)
    {
        bool any = Array.Exists(s_names, a.Has);
        if (a.Flag("no-healthcheck"))
            return !any ? new Healthcheck { Test = ["NONE"] }
                : throw new UsageException("--no-healthcheck conflicts with --health-* options", 125);
        if (!any) return null;
        long retries = a.Number("health-retries") ?? 0;
        if (retries is < 0 or > int.MaxValue) throw new UsageException("--health-retries cannot be negative", 125);
        return new Healthcheck
        {
            Test = a.Value("health-cmd") is { Length: > 0 } command ? ["CMD-SHELL", command] : null,
            IntervalNs = Nanoseconds(a, "health-interval"),
            TimeoutNs = Nanoseconds(a, "health-timeout"),
            StartPeriodNs = Nanoseconds(a, "health-start-period"),
            StartIntervalNs = Nanoseconds(a, "health-start-interval"),
            Retries = (int)retries,
        };
    }

    /// <summary>What follows when the container becomes unhealthy.</summary>
    public static string OnFailure(ParsedArguments a) => a.Value("health-on-failure") switch
    {
        null or "none" => "none",
        "kill" or "restart" or "stop" => a.Value("health-on-failure")!,
        var other => throw new UsageException(
            $"invalid --health-on-failure action: \"{other}\": must be one of none, kill, restart, stop", 125),
    };

    private static long Nanoseconds(ParsedArguments a, string name)
    {
        TimeSpan duration = a.Duration(name) ?? TimeSpan.Zero;
        if (duration < TimeSpan.Zero) throw new UsageException($"--{name} cannot be negative", 125);
        if (duration != TimeSpan.Zero && duration < s_least)
            throw new UsageException($"--{name} cannot be less than 1ms");
        return duration.Ticks <= long.MaxValue / TimeSpan.NanosecondsPerTick
            ? duration.Ticks * TimeSpan.NanosecondsPerTick
            : throw a.Invalid(name, a.Value(name)!, "too long");
    }
}
