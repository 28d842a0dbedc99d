using System.Globalization;

namespace Skiff.Agent.Manager;

/// <summary>
/// Durations as Go's time.ParseDuration reads them: <c>10s</c>, <c>1m30s</c>, <c>1.5h</c>, <c>250ms</c>.
/// </summary>
internal static class GoDuration
{
    private static readonly (string Unit, double Ticks)[] s_units =
    [
        ("ns", 0.01), ("us", 10), ("µs", 10), ("μs", 10), ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour),
    ];

    /// <summary>Reads a duration, to 100 ns; the problem is in Go's words.</summary>
    public static bool TryParse(string text, out TimeSpan duration, out string problem)
    {
        duration = default;
        problem = $"time: invalid duration \"{text}\"";
        ReadOnlySpan<char> rest = text;
        bool negative = rest.StartsWith('-');
        if (negative || rest.StartsWith('+')) rest = rest[1..];
        if (rest.IsEmpty) return false;
        double ticks = 0;
        if (!rest.SequenceEqual("0"))
            while (!rest.IsEmpty)
            {
                if (!TryTerm(text, ref rest, out double term, ref problem)) return false;
                ticks += term;
            }
        if (ticks >= long.MaxValue) return false;
        duration = new TimeSpan((long)Math.Round(negative ? -ticks : ticks));
        return true;
    }

    /// <summary>As Go prints durations: <c>1m30s</c>, <c>1.5s</c>, <c>250ms</c>; to 100 ns.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration < TimeSpan.Zero) return "-" + Format(-duration);
        if (duration == TimeSpan.Zero) return "0s";
        if (duration < TimeSpan.FromMilliseconds(1)) return Text($"{duration.TotalMicroseconds:0.###}µs");
        if (duration < TimeSpan.FromSeconds(1)) return Text($"{duration.TotalMilliseconds:0.######}ms");
        decimal last = (decimal)(duration.Ticks % TimeSpan.TicksPerMinute) / TimeSpan.TicksPerSecond;
        string seconds = Text($"{last:0.#######}s");
        if (duration < TimeSpan.FromMinutes(1)) return seconds;
        string minutes = Text($"{duration.Minutes}m{seconds}");
        return duration < TimeSpan.FromHours(1) ? minutes : Text($"{(long)duration.TotalHours}h{minutes}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static bool TryTerm(string text, ref ReadOnlySpan<char> rest, out double ticks, ref string problem)
    {
        ticks = 0;
        int digits = rest.IndexOfAnyExcept("0123456789.");
        ReadOnlySpan<char> number = digits < 0 ? rest : rest[..digits];
        const NumberStyles style = NumberStyles.AllowDecimalPoint;
        if (!double.TryParse(number, style, CultureInfo.InvariantCulture, out double value)) return false;
        rest = rest[number.Length..];
        int letters = rest.IndexOfAny("0123456789.");
        ReadOnlySpan<char> unit = letters < 0 ? rest : rest[..letters];
        if (unit.IsEmpty)
        {
            problem = $"time: missing unit in duration \"{text}\"";
            return false;
        }
        rest = rest[unit.Length..];
        foreach (var row in s_units)
            if (unit.SequenceEqual(row.Unit))
            {
                ticks = value * row.Ticks;
                return true;
            }
        problem = $"time: unknown unit \"{unit}\" in duration \"{text}\"";
        return false;
    }
}
