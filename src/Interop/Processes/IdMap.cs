using System.Globalization;
using System.Text;

namespace Skiff.Interop.Processes;

/// <summary>The map of a user namespace: user or group ids.</summary>
/// <param name="ranges">Without overlaps; at most 340.</param>
public sealed class IdMap(IReadOnlyList<IdRange> ranges)
{
    /// <summary>The ranges.</summary>
    public IReadOnlyList<IdRange> Ranges { get; } = ranges;

    /// <summary>The id outside; null for one that is not mapped.</summary>
    public uint? Outside(uint inside)
    {
        foreach (IdRange range in Ranges)
            if (inside - range.Inside < range.Count) return range.Outside + (inside - range.Inside);
        return null;
    }

    /// <summary>The id inside; null for one that nothing inside stands for.</summary>
    public uint? Inside(uint outside)
    {
        foreach (IdRange range in Ranges)
            if (outside - range.Outside < range.Count) return range.Inside + (outside - range.Outside);
        return null;
    }

    /// <summary>The inverse of <see cref="ToString"/>.</summary>
    /// <exception cref="FormatException">The text is none.</exception>
    public static IdMap Parse(string text)
    {
        var ranges = new List<IdRange>();
        foreach (string part in text.Split(','))
        {
            string[] fields = part.Split(':');
            if (fields.Length != 3) throw new FormatException($"\"{part}\" is no INSIDE:OUTSIDE:COUNT");
            ranges.Add(new IdRange(Id(fields[0]), Id(fields[1]), Id(fields[2])));
        }
        return new IdMap(ranges);
    }

    /// <summary><c>INSIDE:OUTSIDE:COUNT</c>, comma-separated.</summary>
    public override string ToString() => string.Join(',', Ranges.Select(range =>
        string.Create(CultureInfo.InvariantCulture, $"{range.Inside}:{range.Outside}:{range.Count}")));

    /// <summary>As /proc/PID/uid_map takes it.</summary>
    internal byte[] ToBytes() => Encoding.ASCII.GetBytes(ToString().Replace(':', ' ').Replace(',', '\n') + "\n");

    private static uint Id(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
