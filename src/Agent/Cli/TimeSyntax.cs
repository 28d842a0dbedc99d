using System.Globalization;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// Points in time as docker's flags take them: RFC 3339 or the beginning of it, local time without a zone; Unix seconds
/// with a fraction; or a Go duration ago (1h30m).
/// </summary>
internal static class TimeSyntax
{
    private static readonly string[] s_formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HHK", "yyyy-MM-ddK",
    ];

    /// <summary>Unix nanoseconds; 0 for none.</summary>
    /// <param name="text">The value.</param>
    /// <param name="name">The flag, for the error.</param>
    public static long Parse(string? text, string name)
    {
        if (string.IsNullOrEmpty(text)) return 0;
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal unix)
            && unix < long.MaxValue / 1_000_000_000) return (long)(unix * 1_000_000_000m);
        if (GoDuration.TryParse(text, out TimeSpan ago, out _) && ago.Duration() < TimeSpan.FromDays(100_000))
            return (DateTime.UtcNow - ago - DateTime.UnixEpoch).Ticks * 100;
        return DateTimeOffset.TryParseExact(WithTicks(text), s_formats, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeLocal, out DateTimeOffset time) && time.Year is > 1700 and < 2260
            ? (time - DateTimeOffset.UnixEpoch).Ticks * 100
            : throw new UsageException(
                $"invalid value for \"{name}\": failed to parse value as time or duration: \"{text}\"");
    }

    // Nanoseconds are more than the library reads: 2026-01-02T03:04:05.123456789Z.
    private static string WithTicks(string text)
    {
        int dot = text.IndexOf('.');
        int digits = dot < 0 ? 0 : text.AsSpan(dot + 1).IndexOfAnyExceptInRange('0', '9');
        if (dot >= 0 && digits < 0) digits = text.Length - dot - 1;
        return digits is > 7 and <= 9 ? text.Remove(dot + 8, digits - 7) : text;
    }
}
