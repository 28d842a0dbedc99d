using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary><c>--userns auto[:size=N,uidmapping=INSIDE:OUTSIDE:COUNT,gidmapping=...]</c>.</summary>
/// <param name="Size">How many ids the container has.</param>
/// <param name="Users">User ids that stand for certain ones of the host.</param>
/// <param name="Groups">Group ids, likewise.</param>
internal sealed record AutoUserns(uint Size, IReadOnlyList<IdRange> Users, IReadOnlyList<IdRange> Groups)
{
    /// <summary>The word before the options.</summary>
    public const string Word = "auto";

    private const uint MaxSize = 1 << 24;

    /// <summary>Reads the whole value of the flag.</summary>
    /// <exception cref="UsageException">An option is unknown or out of range.</exception>
    public static AutoUserns Parse(string mode)
    {
        uint size = UserRanges.DefaultSize;
        var users = new List<IdRange>();
        var groups = new List<IdRange>();
        string options = mode.Length > Word.Length ? mode[(Word.Length + 1)..] : "";
        foreach (string option in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = option.IndexOf('=');
            string key = equals < 0 ? option : option[..equals], value = equals < 0 ? "" : option[(equals + 1)..];
            switch (key)
            {
                case "size" when TryNumber(value, out size) && size is > 0 and <= MaxSize: break;
                case "uidmapping" when TryRange(value, out IdRange range): users.Add(range); break;
                case "gidmapping" when TryRange(value, out IdRange range): groups.Add(range); break;
                default:
                    throw new UsageException($"--userns: invalid option \"{option}\" of auto: expected size=N (1 to "
                        + $"{MaxSize}), uidmapping=INSIDE:OUTSIDE:COUNT or gidmapping=INSIDE:OUTSIDE:COUNT", 125);
            }
        }
        return new AutoUserns(size, Checked(users, size), Checked(groups, size));
    }

    /// <summary>A map of all ids inside: those of <paramref name="given"/>, and for the others the range that begins at
    /// <paramref name="start"/>.</summary>
    public IdMap Map(uint start, IReadOnlyList<IdRange> given)
    {
        var ranges = new List<IdRange>();
        uint inside = 0;
        foreach (IdRange range in given)
        {
            if (range.Inside > inside) ranges.Add(new IdRange(inside, start + inside, range.Inside - inside));
            ranges.Add(range);
            inside = range.Inside + range.Count;
        }
        if (inside < Size) ranges.Add(new IdRange(inside, start + inside, Size - inside));
        return new IdMap(ranges);
    }

    private static List<IdRange> Checked(List<IdRange> ranges, uint size)
    {
        ranges.Sort((a, b) => a.Inside.CompareTo(b.Inside));
        ulong next = 0;
        foreach (IdRange range in ranges)
        {
            if (range.Inside < next || (ulong)range.Inside + range.Count > size || range.Outside == 0)
                throw new UsageException($"--userns: invalid mapping {range.Inside}:{range.Outside}:{range.Count}: it "
                    + "overlaps another one, lies beyond the size, or maps the host's root", 125);
            next = (ulong)range.Inside + range.Count;
        }
        return ranges;
    }

    private static bool TryRange(string text, out IdRange range)
    {
        range = default;
        string[] fields = text.Split(':');
        if (fields.Length != 3 || !TryNumber(fields[0], out uint inside) || !TryNumber(fields[1], out uint outside)
            || !TryNumber(fields[2], out uint count) || count == 0
            || (ulong)outside + count > uint.MaxValue) return false;
        range = new IdRange(inside, outside, count);
        return true;
    }

    private static bool TryNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
