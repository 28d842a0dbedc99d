namespace Skiff.Agent.Networks.Policies;

/// <summary>A name of DNS in a policy.</summary>
internal static class DnsPattern
{
    /// <summary>Whether a name, in lower case and without a dot at the end, is meant.</summary>
    /// <param name="pattern">A name, or <c>*.NAME</c> for all below it.</param>
    /// <param name="name">The name.</param>
    public static bool Fits(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name) => pattern.StartsWith("*.")
        ? name.Length >= pattern.Length && name.EndsWith(pattern[1..], StringComparison.Ordinal)
        : pattern.SequenceEqual(name);
}
