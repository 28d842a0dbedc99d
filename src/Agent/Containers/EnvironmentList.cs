namespace Skiff.Agent.Containers;

/// <summary>Environment lists as Docker merges them.</summary>
internal static class EnvironmentList
{
    /// <summary>Later values replace earlier ones of the same key in place; a bare key removes it.</summary>
    public static List<string> Merge(IEnumerable<string> image, IEnumerable<string> overrides)
    {
        var result = new List<string>(image);
        foreach (string entry in overrides)
        {
            int equals = entry.IndexOf('=');
            string key = equals < 0 ? entry : entry[..equals];
            int at =
                result.FindIndex(e =>
                    e.StartsWith(key, StringComparison.Ordinal) && e.Length > key.Length && e[key.Length] == '=');
            if (equals < 0)
            {
                if (at >= 0) result.RemoveAt(at);
            }
            else if (at >= 0) result[at] = entry;
            else result.Add(entry);
        }
        return result;
    }

    /// <summary>The value of <paramref name="key"/>, or null.</summary>
    public static string? Get(IEnumerable<string> environment, string key)
    {
        foreach (string entry in environment)
            if (entry.Length > key.Length && entry[key.Length] == '='
                && entry.StartsWith(key, StringComparison.Ordinal))
                return entry[(key.Length + 1)..];
        return null;
    }
}
