using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Skiff.Interop.Cgroups;

/// <summary>Bytes and operations of one block device since the cgroup began, a row of <c>io.stat</c>.</summary>
/// <param name="Major">Major number of the device.</param>
/// <param name="Minor">Minor number of the device.</param>
/// <param name="ReadBytes">Bytes read.</param>
/// <param name="WrittenBytes">Bytes written.</param>
/// <param name="Reads">Read operations.</param>
/// <param name="Writes">Write operations.</param>
public sealed record IoStat(uint Major, uint Minor, long ReadBytes, long WrittenBytes, long Reads, long Writes)
{
    /// <summary>Reads <c>8:0 rbytes=1 wbytes=2 rios=3 wios=4 ...</c>; false for a row without counters.</summary>
    internal static bool TryParse(ReadOnlySpan<char> line, [NotNullWhen(true)] out IoStat? row)
    {
        row = null;
        int colon = line.IndexOf(':');
        int space = line.IndexOf(' ');
        if (colon < 0 || space < colon) return false;
        if (!TryNumber(line[..colon], out uint major) || !TryNumber(line[(colon + 1)..space], out uint minor))
            return false;
        ReadOnlySpan<char> rest = line[space..];
        row = new IoStat(major, minor, Counter(rest, " rbytes="), Counter(rest, " wbytes="), Counter(rest, " rios="),
            Counter(rest, " wios="));
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out uint value) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static long Counter(ReadOnlySpan<char> text, string key)
    {
        int start = text.IndexOf(key);
        if (start < 0) return 0;
        ReadOnlySpan<char> value = text[(start + key.Length)..];
        int end = value.IndexOf(' ');
        return FlatKeyed.Number(end < 0 ? value : value[..end]);
    }
}
