using System.Globalization;
using System.Text;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Rootless;

/// <summary>The ids that the host lets a user give away, besides the user's own (subuid(5)).</summary>
internal static class SubordinateIds
{
    private const int MaxRanges = 340; // Of a map, with the user's own id.

    /// <summary>The user's ranges, in the order of the file.</summary>
    /// <param name="path">/etc/subuid or /etc/subgid.</param>
    /// <param name="name">The user's name; lines may have the number instead.</param>
    /// <param name="user">The user's id.</param>
    public static List<IdRange> Read(string path, string name, uint user)
    {
        var ranges = new List<IdRange>();
        if (Files.TryReadAllText(Fd.Cwd, path, out string text) != Errno.None) return ranges;
        string number = user.ToString(CultureInfo.InvariantCulture);
        foreach (string line in text.Split('\n'))
            if (line.Trim().Split(':') is [var owner, var first, var length] && owner.Length > 0
                && (owner == name || owner == number)
                && uint.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out uint start)
                && uint.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out uint count)
                && count > 0 && ranges.Count < MaxRanges - 1)
                ranges.Add(new IdRange(0, start, count));
        return ranges;
    }

    /// <summary>The user as 0, and from 1 on all of the ranges.</summary>
    public static IdMap Map(uint own, IReadOnlyList<IdRange> ranges)
    {
        var all = new List<IdRange> { new(0, own, 1) };
        uint next = 1;
        foreach (IdRange range in ranges)
        {
            all.Add(range with { Inside = next });
            next += range.Count;
        }
        return new IdMap(all);
    }
}
