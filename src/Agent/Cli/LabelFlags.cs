namespace Skiff.Agent.Cli;

/// <summary>key=value flags: labels, sysctls, annotations.</summary>
internal static class LabelFlags
{
    /// <summary>A key without a value has an empty one; later values replace earlier ones.</summary>
    public static Dictionary<string, string> Read(IReadOnlyList<string> values)
    {
        var pairs = new Dictionary<string, string>();
        foreach (string value in values)
        {
            int equals = value.IndexOf('=');
            pairs[equals < 0 ? value : value[..equals]] = equals < 0 ? "" : value[(equals + 1)..];
        }
        return pairs;
    }
}
