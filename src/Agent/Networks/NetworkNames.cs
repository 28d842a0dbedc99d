using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks;

/// <summary>
/// The names of what one engine instance puts into the host's network namespace. The default run root has the plain
/// names <c>skiff0</c> and <c>skiff</c>; every other one gets a suffix made from its path, so that instances live side
/// by side.
/// </summary>
internal sealed class NetworkNames
{
    /// <summary>The network that containers join when nothing else is said.</summary>
    public const string DefaultNetwork = "bridge";

    private const int LongestInterface = 15;

    /// <summary>Derives the names of an instance.</summary>
    public NetworkNames(StateRoots roots)
    {
        if (roots.RunRoot == StateRoots.Default.RunRoot) return;
        string suffix = Fnv1a.Of32(roots.RunRoot).ToString("x8");
        DefaultBridge = "skiff-" + suffix;
        Table = "skiff_" + suffix;
        ForwardChain = "SKIFF-" + suffix;
    }

    /// <summary>The default network's interface; at most 15 bytes, as the kernel demands.</summary>
    public string DefaultBridge { get; } = "skiff0";

    /// <summary>The nf_tables table, family inet.</summary>
    public string Table { get; } = "skiff";

    /// <summary>The chain that a closed FORWARD chain of iptables jumps to.</summary>
    public string ForwardChain { get; } = "SKIFF";

    /// <summary>Networks' interfaces but the default one's, and those that are named by their users.</summary>
    public const string BridgePrefix = "sk-";

    /// <summary>Whether a network is one of those that are always there and cannot be made or removed.</summary>
    public static bool IsPredefined(string name) => name is DefaultNetwork or "host" or "none";

    /// <summary>The interface of a network.</summary>
    public string BridgeOf(NetworkRecord network) => network.Name == DefaultNetwork ? DefaultBridge
        : network.Options.GetValueOrDefault(BridgeOptions.NameKey) ?? BridgePrefix + network.Id[..12];

    /// <summary>Whether the kernel takes it for an interface's name (dev_valid_name).</summary>
    public static bool IsInterfaceName(string name) =>
        name.Length is > 0 and <= LongestInterface && name is not ("." or "..")
        && !name.Any(c => c is '/' or ':' || char.IsWhiteSpace(c) || c < ' ' || c > '~');

    /// <summary>
    /// A fresh name for the host's end of a container's veth: a restart must not meet the name of its dying
    /// predecessor, whose number may be all that tells them apart. 15 characters, as many as IFNAMSIZ leaves.
    /// </summary>
    public static string NewVeth(string containerId) =>
        $"sk{containerId.AsSpan(0, Math.Min(6, containerId.Length))}{Random.Shared.Next(0x10000000):x7}";

    /// <summary>Whether an interface may be the host's end of a container's veth.</summary>
    public static bool IsVeth(string name) =>
        name.Length == LongestInterface && name.StartsWith("sk", StringComparison.Ordinal);

    /// <summary>How the ids of containers begin whose veth may be called so.</summary>
    public static string ContainerOf(string veth) => veth[2..8];
}
