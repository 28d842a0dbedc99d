using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// How many packets began a connection that a policy allowed, and how many were denied. What is denied to a container
/// is the doing of all policies that select it, and counts for each of them. Counters begin anew when the table does.
/// </summary>
/// <param name="policies">All policies.</param>
/// <param name="members">All endpoints.</param>
/// <param name="counters">What was counted, by <see cref="PolicyNames"/>.</param>
internal sealed class PolicyCounts(
    IReadOnlyList<NetworkPolicy> policies, IReadOnlyList<PolicyMember> members,
    Dictionary<string, NftCounter> counters)
{
    /// <summary>Packets that a rule has let pass.</summary>
    public long Allowed(NetworkPolicy policy, PolicyDirection direction, int rule) =>
        Of(PolicyNames.Rule(policy.Name, direction, rule));

    /// <summary>Packets that a policy has let pass.</summary>
    public long Allowed(NetworkPolicy policy)
    {
        long sum = 0;
        foreach (PolicyDirection direction in (ReadOnlySpan<PolicyDirection>)
            [PolicyDirection.Ingress, PolicyDirection.Egress])
            for (int i = 0; i < policy.Rules(direction).Length; i++) sum += Allowed(policy, direction, i);
        return sum;
    }

    /// <summary>Packets of, or to, containers that it selects, which nothing allowed.</summary>
    public long Denied(NetworkPolicy policy)
    {
        var classes = new HashSet<string>();
        foreach (PolicyMember member in members)
            foreach (PolicyDirection direction in (ReadOnlySpan<PolicyDirection>)
                [PolicyDirection.Ingress, PolicyDirection.Egress])
                if (policy.Has(direction) && policy.Selects(member)) classes.Add(PolicyNames.Class(direction, policies
                    .Where(other => other.Has(direction) && other.Selects(member)).Select(other => other.Name)));
        long sum = 0;
        foreach (string name in classes) sum += Of(name);
        return sum;
    }

    private long Of(string counter) => (long)(counters.GetValueOrDefault(counter)?.Packets ?? 0);
}
