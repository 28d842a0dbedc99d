namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// What a change of policies is not about: of a table only the rest needs to be put together, before and after it, to
/// find what has to be written. Most changes are of a rule's ports, or of whom a rule lets in, and are about none or
/// few of the sets that have all endpoints.
/// </summary>
internal sealed class PolicyDifference
{
    private readonly Dictionary<string, NetworkPolicy> _before, _after;

    /// <summary>Compares.</summary>
    /// <param name="before">By name.</param>
    /// <param name="after">By name.</param>
    public PolicyDifference(IReadOnlyList<NetworkPolicy> before, IReadOnlyList<NetworkPolicy> after)
    {
        (_before, _after) = (ByName(before), ByName(after));
        HasSameClasses = before.Count == after.Count;
        IsNone = HasSameClasses;
        for (int i = 0; i < before.Count && HasSameClasses; i++)
        {
            NetworkPolicy one = before[i], other = after[i];
            IsNone &= one.Name == other.Name && one.Source.AsSpan().SequenceEqual(other.Source);
            HasSameClasses = one.Name == other.Name && one.Network == other.Network
                && one.HasIngress == other.HasIngress && one.HasEgress == other.HasEgress
                && one.Containers.IsAlike(other.Containers);
        }
        IsNone &= HasSameClasses;
    }

    /// <summary>Whether there is none at all.</summary>
    public bool IsNone { get; }

    /// <summary>Whether each endpoint is selected by the same policies as before.</summary>
    public bool HasSameClasses { get; }

    /// <summary>Whether a rule that is called so is about the same containers as before.</summary>
    public bool HasSamePeers(string policy, PolicyDirection direction, int rule)
    {
        if (!_before.TryGetValue(policy, out NetworkPolicy? before)
            || !_after.TryGetValue(policy, out NetworkPolicy? after) || before.Network != after.Network) return false;
        PolicyRule[] one = before.Rules(direction), other = after.Rules(direction);
        if (rule >= one.Length || rule >= other.Length) return false;
        PolicyPeer[] peers = ContainersOf(one[rule]), others = ContainersOf(other[rule]);
        if (peers.Length != others.Length) return false;
        for (int i = 0; i < peers.Length; i++)
            if (!peers[i].Containers!.IsAlike(others[i].Containers!) || (peers[i].Networks is { } networks
                ? others[i].Networks is not { } theirs || !networks.IsAlike(theirs) : others[i].Networks is not null))
                return false;
        return true;
    }

    private static PolicyPeer[] ContainersOf(PolicyRule rule) =>
        Array.FindAll(rule.Peers, static peer => peer.Containers is not null);

    private static Dictionary<string, NetworkPolicy> ByName(IReadOnlyList<NetworkPolicy> policies)
    {
        var named = new Dictionary<string, NetworkPolicy>();
        foreach (NetworkPolicy policy in policies) named[policy.Name] = policy;
        return named;
    }
}
