using Skiff.Agent.Manager;

namespace Skiff.Agent.Containers;

/// <summary>The value of <c>--link</c>: another container, and the name that it gets here.</summary>
internal static class Link
{
    /// <summary>NAME:ALIAS of NAME or NAME:ALIAS.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static string Normalized(string text)
    {
        string[] parts = text.Split(':');
        bool good = parts.Length is 1 or 2 && parts[0].Length > 0 && parts[^1].Length > 0;
        return good ? $"{parts[0].TrimStart('/')}:{parts[^1].TrimStart('/')}"
            : throw new UsageException($"invalid argument \"{text}\" for \"--link\" flag: "
                + (text.Length == 0 ? "empty string specified for links" : $"bad format for links: {text}"), 125);
    }

    /// <summary>The two parts of a normalized one.</summary>
    public static (string Name, string Alias) Parse(string link)
    {
        int colon = link.IndexOf(':');
        return (link[..colon], link[(colon + 1)..]);
    }
}
