using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Cli.Values;

/// <summary>Lists of processors and memory nodes, <c>0-2,4</c> (cpuset(7), "List format").</summary>
internal static class CpuSets
{
    private const int Most = 8192;

    /// <summary>Refuses a list that is none, or that names what the host does not have.</summary>
    /// <param name="list">As the user wrote it; empty is fine.</param>
    /// <param name="word">What docker calls it in one message.</param>
    /// <param name="things">And in the other.</param>
    /// <param name="online">The kernel's list of what there is.</param>
    public static void Check(string list, string word, string things, string online)
    {
        if (list.Length == 0) return;
        if (TryParse(list) is not { } asked)
            throw new UsageException($"Invalid value {list} for cpuset {word}: invalid format (--cpuset-{word})");
        // A kernel without memory nodes has no list of them; it is the one that will judge.
        if (!Files.Exists(online)) return;
        string available = Files.ReadAllText(online).Trim();
        if (!asked.IsSubsetOf(TryParse(available) ?? []))
            throw new UsageException(
                $"Requested {things} are not available - requested {list}, available: {available}");
    }

    /// <summary>The numbers in a list; null when it is none.</summary>
    public static HashSet<int>? TryParse(string list)
    {
        var numbers = new HashSet<int>();
        foreach (string part in list.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !TryNumber(ends[0], out int first) || !TryNumber(ends[^1], out int last)
                || last < first) return null;
            for (int i = first; i <= last; i++) numbers.Add(i);
        }
        return numbers;
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < Most;
}
