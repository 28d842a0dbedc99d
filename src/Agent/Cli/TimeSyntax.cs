using System.Globalization;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>Points in time as docker's flags take them: RFC 3339, Unix seconds with a fraction, or a Go duration ago (1h30m).</summary>
internal static class TimeSyntax
{
    private static readonly (string Unit, double Seconds)[] s_units = [("ms", 0.001), ("us", 0.000001), ("ns", 1e-9), ("h", 3600), ("m", 60), ("s", 1)];

    /// <summary>Unix nanoseconds; 0 for null.</summary>
    public static long Parse(string? text)
    {
        if (text is null) return 0;
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal unix)) return (long)(unix * 1_000_000_000m);
        if (TryDuration(text, out double seconds)) return (long)(((DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds - seconds) * 1e9);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? (time - DateTimeOffset.UnixEpoch).Ticks * 100
            : throw new UsageException($"invalid value for a time: \"{text}\"");
    }

    /// <summary>A Go duration: numbers with units, one after the other.</summary>
    public static bool TryDuration(string text, out double seconds)
    {
        seconds = 0;
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int digits = 0;
            while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.')) digits++;
            if (!double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)) return false;
            rest = rest[digits..];
            int unit = FindUnit(rest);
            if (unit < 0) return false;
            seconds += number * s_units[unit].Seconds;
            rest = rest[s_units[unit].Unit.Length..];
        }
        return text.Length > 0;
    }

    private static int FindUnit(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < s_units.Length; i++)
            if (text.StartsWith(s_units[i].Unit))
                return i;
        return -1;
    }
}
