using Skiff.Agent.Manager;

namespace Skiff.Agent.Containers;

/// <summary>The value of <c>--depends-on</c>: NAME, or NAME:healthy.</summary>
internal static class Dependency
{
    /// <summary>Name or id of the other container, and whether its health is waited for.</summary>
    /// <exception cref="UsageException">It says something else.</exception>
    public static (string Name, bool Healthy) Parse(string text)
    {
        int colon = text.IndexOf(':');
        if (colon < 0 && text.Length > 0) return (text, false);
        if (colon > 0 && text[colon..] is ":healthy" or ":started") return (text[..colon], text[colon..] == ":healthy");
        throw new UsageException(
            $"invalid argument \"{text}\" for \"--depends-on\" flag: expected NAME, NAME:started or NAME:healthy", 125);
    }
}
