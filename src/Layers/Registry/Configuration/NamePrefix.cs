namespace Skiff.Layers.Registry.Configuration;

/// <summary>Rules that are said of all names which begin alike.</summary>
internal static class NamePrefix
{
    /// <summary>
    /// Whether a prefix is a whole number of components at the beginning of a name. Hosts are the same in capitals and
    /// small letters, and paths have no capitals.
    /// </summary>
    public static bool Covers(string prefix, string name) =>
        name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
        && (name.Length == prefix.Length || name[prefix.Length] == '/');

    /// <summary>Of all rules that cover a name the one with the longest prefix, or null.</summary>
    public static T? Longest<T>(IEnumerable<T> rules, Func<T, string> prefixOf, string name) where T : class
    {
        T? longest = null;
        foreach (T rule in rules)
            if (Covers(prefixOf(rule), name) && (longest is null || prefixOf(rule).Length > prefixOf(longest).Length))
                longest = rule;
        return longest;
    }
}
