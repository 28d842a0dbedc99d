using System.Net;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// Decides about a connection as the kernel's rules do, and says why: for <c>policy test</c>, and for connections that
/// a change finds.
/// </summary>
/// <param name="policies">All policies.</param>
/// <param name="members">All endpoints; gone through when the first one is looked for.</param>
internal sealed class PolicyChecker(IReadOnlyList<NetworkPolicy> policies, IEnumerable<PolicyMember> members)
{
    private Dictionary<IPAddress, PolicyMember>? _members;

    /// <summary>The endpoint that has an address; null when none has.</summary>
    public PolicyMember? MemberOf(IPAddress address) => (_members ??= Index(members)).GetValueOrDefault(address);

    /// <summary>
    /// What the policies that select an endpoint say about a connection with a peer, in one direction: of the callee's
    /// ingress or of the caller's egress.
    /// </summary>
    /// <param name="direction">The direction.</param>
    /// <param name="member">The endpoint on that side.</param>
    /// <param name="peer">The other side.</param>
    /// <param name="protocol">IPPROTO_*.</param>
    /// <param name="port">The callee's; 0 of a protocol without.</param>
    /// <param name="isResolved">
    /// Whether an answer for the names of a rule allows the peer now; given the rule's <see cref="PolicyNames"/>.
    /// </param>
    public PolicyDecision Decide(
        PolicyDirection direction, PolicyMember member, PolicyParty peer, byte protocol, ushort port,
        Func<PolicyPeer, string, bool> isResolved)
    {
        var selecting = new List<string>();
        foreach (NetworkPolicy policy in policies)
        {
            if (!policy.Has(direction) || !policy.Selects(member)) continue;
            selecting.Add(policy.Name);
            PolicyRule[] rules = policy.Rules(direction);
            for (int i = 0; i < rules.Length; i++)
                if (Allows(policy, direction, i, peer, protocol, port, isResolved))
                    return new PolicyDecision(true, direction, [policy.Name], i, rules[i].Line);
        }
        return new PolicyDecision(selecting.Count == 0, direction, [.. selecting]);
    }

    private static bool Allows(
        NetworkPolicy policy, PolicyDirection direction, int index, PolicyParty peer, byte protocol, ushort port,
        Func<PolicyPeer, string, bool> isResolved)
    {
        PolicyRule rule = policy.Rules(direction)[index];
        if (rule.Ports.Length > 0 && !Array.Exists(rule.Ports, ports => ports.Has(protocol, port))) return false;
        if (rule.Peers.Length == 0) return true;
        foreach (PolicyPeer allowed in rule.Peers)
            if ((peer.Member is { } member && policy.Means(allowed, member))
                || (peer.Address is { } address && allowed.Block is { } block && block.Has(address))
                || (allowed.Entity & peer.Entity) != 0
                || (allowed.DnsNames.Length > 0
                    && isResolved(allowed, PolicyNames.Dns(policy.Name, direction, index)))) return true;
        return false;
    }

    private static Dictionary<IPAddress, PolicyMember> Index(IEnumerable<PolicyMember> members)
    {
        var index = new Dictionary<IPAddress, PolicyMember>();
        foreach (PolicyMember member in members)
            foreach (IPAddress address in member.Addresses) index[address] = member;
        return index;
    }
}
