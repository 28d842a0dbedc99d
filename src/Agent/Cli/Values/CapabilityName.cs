using Skiff.Agent.Manager;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Cli.Values;

/// <summary>The values of <c>--cap-add</c> and <c>--cap-drop</c>.</summary>
internal static class CapabilityName
{
    /// <summary><c>CAP_NET_ADMIN</c> of <c>net_admin</c>; <c>ALL</c> stays.</summary>
    /// <exception cref="UsageException">The kernel knows none of a name.</exception>
    public static string[] Normalized(string option, IReadOnlyList<string> texts) =>
        [.. texts.Select(text => Normalized(option, text))];

    private static string Normalized(string option, string text)
    {
        string name = text.ToUpperInvariant();
        if (name == "ALL") return name;
        if (!name.StartsWith("CAP_", StringComparison.Ordinal)) name = "CAP_" + name;
        return Capabilities.TryCompose([name], [], out _, out _) ? name
            : throw new UsageException($"invalid --{option}: unknown capability: \"{name}\"");
    }
}
