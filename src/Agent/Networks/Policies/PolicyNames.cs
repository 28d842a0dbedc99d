using System.Text;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// What things of policies are called in the table: p-POLICY-ingress is its chain, p-POLICY-ingress-0 the counter of
/// its first rule and, with -ports behind, the chain of that rule's ports; in- or out- and a hash of their names is
/// the chain of endpoints that just these policies select, and the counter of what they deny. A name begins with a
/// letter, or nft(8) could not read again what it lists.
/// </summary>
internal static class PolicyNames
{
    /// <summary>The chain of a policy.</summary>
    public static string Chain(string policy, PolicyDirection direction) => $"p-{policy}-{Word(direction)}";

    /// <summary>The counter of a rule.</summary>
    public static string Rule(string policy, PolicyDirection direction, int rule) =>
        $"p-{policy}-{Word(direction)}-{rule}";

    /// <summary>The chain of a rule's ports.</summary>
    public static string Ports(string policy, PolicyDirection direction, int rule) =>
        Rule(policy, direction, rule) + "-ports";

    /// <summary>The set of a rule's peers; a 6 behind for IPv6, as in all sets.</summary>
    public static string Peers(string policy, PolicyDirection direction, int rule) =>
        Rule(policy, direction, rule) + "-peers";

    /// <summary>The set of a rule's subnets.</summary>
    public static string Blocks(string policy, PolicyDirection direction, int rule) =>
        Rule(policy, direction, rule) + "-blocks";

    /// <summary>The set of what was answered for a rule's names.</summary>
    public static string Dns(string policy, PolicyDirection direction, int rule) =>
        Rule(policy, direction, rule) + "-dns";

    /// <summary>The chain, and the counter, of endpoints that all of these select, and no other.</summary>
    public static string Class(PolicyDirection direction, IEnumerable<string> policies)
    {
        ulong hash = Fnv1a.Of64(Encoding.UTF8.GetBytes(string.Join(' ', policies)));
        return (direction == PolicyDirection.Ingress ? "in-" : "out-") + hash.ToString("x16");
    }

    private static string Word(PolicyDirection direction) =>
        direction == PolicyDirection.Ingress ? "ingress" : "egress";
}
