using System.Globalization;

namespace Skiff.Agent.Manager;

/// <summary>
/// Sizes as docker reads them: a number with a binary unit, <c>64m</c>, <c>1.5g</c>, <c>512KiB</c>, <c>10b</c>.
/// </summary>
internal static class ByteSize
{
    private const string Units = "kmgtp";

    /// <summary>Reads a size; the problem is in docker's words.</summary>
    public static bool TryParse(string text, out long bytes, out string problem)
    {
        bytes = 0;
        problem = $"invalid size: '{text}'";
        int last = text.AsSpan().LastIndexOfAny("0123456789. ");
        if (last < 0) return false;
        ReadOnlySpan<char> number = text[last] == ' ' ? text.AsSpan(0, last) : text.AsSpan(0, last + 1);
        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (!double.TryParse(number, style, CultureInfo.InvariantCulture, out double size)) return false;
        string suffix = text[(last + 1)..].ToLowerInvariant();
        if (Factor(suffix) is not { } factor)
        {
            problem = $"invalid suffix: '{suffix}'";
            return false;
        }
        if (size * factor >= long.MaxValue) return false;
        bytes = (long)(size * factor);
        return true;
    }

    private static long? Factor(string suffix)
    {
        if (suffix is "" or "b") return 1;
        int power = Units.IndexOf(suffix[0]) + 1;
        return power > 0 && suffix[1..] is "" or "b" or "ib" ? 1L << (10 * power) : null;
    }
}
