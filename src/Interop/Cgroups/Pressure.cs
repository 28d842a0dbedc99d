using System.Globalization;

namespace Skiff.Interop.Cgroups;

/// <summary>How long tasks waited for a resource (pressure stall information, Linux 4.20).</summary>
/// <param name="SomePercent">Share of the last ten seconds in which at least one task waited.</param>
/// <param name="SomeTotalUs">The same in all, in microseconds.</param>
/// <param name="FullPercent">Share of the last ten seconds in which all tasks waited.</param>
/// <param name="FullTotalUs">The same in all, in microseconds.</param>
public readonly record struct Pressure(double SomePercent, long SomeTotalUs, double FullPercent, long FullTotalUs)
{
    /// <summary>Reads <c>some avg10=0.12 avg60=0.34 avg300=0.56 total=789</c> and the line of <c>full</c>.</summary>
    internal static bool TryParse(ReadOnlySpan<char> text, out Pressure pressure)
    {
        pressure = default;
        foreach (ReadOnlySpan<char> line in text.EnumerateLines())
        {
            if (!TryField(line, "avg10=", out double percent) || !TryField(line, "total=", out double total))
                return false;
            pressure = line.StartsWith("some") ? pressure with { SomePercent = percent, SomeTotalUs = (long)total }
                : pressure with { FullPercent = percent, FullTotalUs = (long)total };
        }
        return true;
    }

    private static bool TryField(ReadOnlySpan<char> line, string name, out double value)
    {
        value = 0;
        int start = line.IndexOf(name);
        if (start < 0) return false;
        ReadOnlySpan<char> text = line[(start + name.Length)..];
        int end = text.IndexOf(' ');
        return double.TryParse(end < 0 ? text : text[..end], CultureInfo.InvariantCulture, out value);
    }
}
