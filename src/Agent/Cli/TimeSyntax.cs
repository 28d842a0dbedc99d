using System.Globalization;
using Skiff.Agent.Cli.Values;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// Points in time as docker's flags take them: RFC 3339, Unix seconds with a fraction, or a Go duration ago (1h30m).
/// </summary>
internal static class TimeSyntax
{
    /// <summary>Unix nanoseconds; 0 for null.</summary>
    public static long Parse(string? text)
    {
        if (text is null) return 0;
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
            out decimal unix)) return (long)(unix * 1_000_000_000m);
        if (GoDuration.TryParse(text, out TimeSpan ago, out _)) return (
            DateTime.UtcNow - ago - DateTime.UnixEpoch).Ticks * 100;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out DateTimeOffset time)
            ? (time - DateTimeOffset.UnixEpoch).Ticks * 100
            : throw new UsageException($"invalid value for a time: \"{text}\"");
    }
}
