using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// What follows HEALTHCHECK in a Dockerfile: <c>NONE</c>, or options and <c>CMD</c> with an array or a shell's line.
/// </summary>
internal static class HealthcheckChange
{
    /// <summary>Reads it; an option that is not there is 0, which stands for Docker's default.</summary>
    /// <param name="text">All but the instruction's name.</param>
    /// <param name="array">Reads a JSON array of strings; null when it is none.</param>
    /// <exception cref="UsageException">It is malformed.</exception>
    public static Healthcheck Parse(string text, Func<string, List<string>?> array)
    {
        Dictionary<string, string> options = [];
        string rest = text;
        while (rest.StartsWith("--", StringComparison.Ordinal)) AddOption(options, Cut(ref rest));
        string type = Cut(ref rest).ToUpperInvariant();
        if (type == "NONE")
            return rest.Length == 0 && options.Count == 0 ? new Healthcheck { Test = [type] }
                : throw new UsageException("HEALTHCHECK NONE takes no arguments");
        if (type != "CMD") throw new UsageException($"Unknown type \"{type}\" in HEALTHCHECK (try CMD)");
        List<string>? command = array(rest);
        if (rest.Length == 0 || command is []) throw new UsageException("Missing command after HEALTHCHECK CMD");
        return new Healthcheck
        {
            Test = command is null ? ["CMD-SHELL", rest] : [type, .. command],
            IntervalNs = Nanoseconds(options, "interval"),
            TimeoutNs = Nanoseconds(options, "timeout"),
            StartPeriodNs = Nanoseconds(options, "start-period"),
            StartIntervalNs = Nanoseconds(options, "start-interval"),
            Retries = Retries(options),
        };
    }

    /// <summary>Takes the first word off.</summary>
    private static string Cut(ref string rest)
    {
        int end = rest.AsSpan().IndexOfAny(" \t");
        string word = end < 0 ? rest : rest[..end];
        rest = rest[word.Length..].Trim();
        return word;
    }

    private static void AddOption(Dictionary<string, string> options, string word)
    {
        int equals = word.IndexOf('=');
        string name = equals < 0 ? word[2..] : word[2..equals];
        if (name is not ("interval" or "timeout" or "start-period" or "start-interval" or "retries"))
            throw new UsageException($"unknown flag: --{name}");
        if (equals < 0) throw new UsageException($"missing a value on flag: --{name}");
        if (!options.TryAdd(name, word[(equals + 1)..]))
            throw new UsageException($"duplicate flag specified: --{name}");
    }

    // Docker takes 0 for the default, and nothing else below a millisecond.
    private static long Nanoseconds(Dictionary<string, string> options, string name)
    {
        string text = options.GetValueOrDefault(name, "");
        if (text.Length == 0) return 0;
        if (!GoDuration.TryParse(text, out TimeSpan duration, out string problem))
            throw new UsageException($"HEALTHCHECK --{name}: {problem}");
        if (duration != TimeSpan.Zero && duration < TimeSpan.FromMilliseconds(1))
            throw new UsageException($"HEALTHCHECK --{name}: \"{text}\" cannot be less than 1ms");
        return duration.Ticks <= long.MaxValue / TimeSpan.NanosecondsPerTick
            ? duration.Ticks * TimeSpan.NanosecondsPerTick
            : throw new UsageException($"HEALTHCHECK --{name}: time: invalid duration \"{text}\"");
    }

    private static int Retries(Dictionary<string, string> options)
    {
        string text = options.GetValueOrDefault("retries", "");
        if (text.Length == 0) return 0;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count)
            && count >= 0 ? count
            : throw new UsageException($"HEALTHCHECK --retries must be a number and not negative: \"{text}\"");
    }
}
