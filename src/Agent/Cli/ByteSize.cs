using System.Globalization;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>Sizes as docker's flags take them: 64m, 1.5g, 512k, 100b; binary multiples whatever the spelling (kb, kib).</summary>
internal static class ByteSize
{
    private const string Units = "bkmgtp";

    /// <summary>Parses to bytes.</summary>
    /// <exception cref="UsageException">It is no size.</exception>
    public static long Parse(string text)
    {
        string lower = text.Trim().ToLowerInvariant();
        int end = lower.Length;
        while (end > 0 && !char.IsAsciiDigit(lower[end - 1]) && lower[end - 1] != '.') end--;
        string unit = lower[end..].Trim();
        if (unit.EndsWith("ib", StringComparison.Ordinal)) unit = unit[..^2];
        else if (unit.Length > 1 && unit.EndsWith('b')) unit = unit[..^1];
        int power = unit.Length == 0 ? 0 : unit.Length == 1 ? Units.IndexOf(unit[0]) : -1;
        if (power < 0 || !decimal.TryParse(lower.AsSpan(0, end), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            throw new UsageException($"invalid size: '{text}'", 125);
        return (long)(number * (1L << (10 * power)));
    }
}
