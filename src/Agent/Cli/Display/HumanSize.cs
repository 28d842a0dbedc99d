using System.Globalization;

namespace Skiff.Agent.Cli.Display;

/// <summary>Sizes as docker prints them.</summary>
internal static class HumanSize
{
    private static readonly string[] s_decimal = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    private static readonly string[] s_binary = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Decimal units and three digits, as in <c>images</c>: <c>117MB</c>, <c>4.27MB</c>, <c>0B</c>.</summary>
    public static string Decimal(double bytes) => Format(bytes, 1000, 3, s_decimal);

    /// <summary>Decimal units and four digits, as in prunes: <c>24.58kB</c>.</summary>
    public static string Reclaimed(double bytes) => Format(bytes, 1000, 4, s_decimal);

    /// <summary>Binary units and four digits, as in <c>stats</c>: <c>1.945GiB</c>.</summary>
    public static string Binary(double bytes) => Format(bytes, 1024, 4, s_binary);

    private static string Format(double value, double step, int digits, string[] units)
    {
        int unit = 0;
        // Rounding may carry into the next unit: 999.6 kB is 1 MB, not 1000 kB.
        while (unit < units.Length - 1 && Rounded(value, digits) >= step)
        {
            value /= step;
            unit++;
        }
        return Rounded(value, digits).ToString("0.###", CultureInfo.InvariantCulture) + units[unit];
    }

    private static double Rounded(double value, int digits)
    {
        int whole = value < 1 ? 1 : (int)Math.Floor(Math.Log10(value)) + 1;
        return Math.Round(value, Math.Clamp(digits - whole, 0, 15));
    }
}
