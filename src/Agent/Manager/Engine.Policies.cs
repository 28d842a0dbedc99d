using System.Globalization;
using System.Net;
using Skiff.Agent.Events;
using Skiff.Agent.Networks;
using Skiff.Agent.Networks.Policies;

namespace Skiff.Agent.Manager;

/// <summary>Network policies.</summary>
internal sealed partial class Engine
{
    /// <summary>Makes the policies of a file, all of them or none; one of the same name is replaced.</summary>
    public List<NetworkPolicy> CreatePolicies(byte[] source)
    {
        List<NetworkPolicy> policies = PolicyReader.Read(source);
        foreach (NetworkPolicy policy in policies)
            if (policy.Network is { } network && Networks.TryGet(network)?.Name != network)
                throw new UsageException($"policy {policy.Name}: network {network} not found");
        HashSet<string> known = [.. Networks.Policies().Select(policy => policy.Name)];
        Networks.ChangePolicies(policies, []);
        foreach (NetworkPolicy policy in policies)
            WriteEvent(policy, known.Contains(policy.Name) ? "policy_update" : "policy_create");
        return policies;
    }

    /// <summary>Removes a policy.</summary>
    public void RemovePolicy(NetworkPolicy policy)
    {
        Networks.ChangePolicies([], [policy.Name]);
        WriteEvent(policy, "policy_destroy");
    }

    /// <summary>
    /// Explains, line by line, what becomes of a connection; the last line is <c>allowed</c> or <c>denied</c>.
    /// </summary>
    /// <param name="fromText">A container, an address, or <c>host</c>.</param>
    /// <param name="toText">The same or a name of DNS, with <c>:PORT</c> and perhaps <c>/PROTOCOL</c>.</param>
    /// <param name="isAllowed">What becomes of it.</param>
    public List<string> TestPolicies(string fromText, string toText, out bool isAllowed)
    {
        (string target, ushort port, byte protocol) = ReadTarget(toText);
        List<PolicyMember> members = Networks.PolicyMembers();
        List<PolicyParty> froms = PartiesOf(fromText, members, false), tos = PartiesOf(target, members, true);
        var lines = new List<string>();
        (PolicyParty from, PolicyParty to) = Pair(froms, tos);
        lines.Add($"{Text(fromText, from)} to {Text(target, to)}, port {port}/{PolicyPorts.NameOf(protocol)}");
        isAllowed = true;
        if (from.Member is { } one && to.Member is { } other && one.Network != other.Network)
        {
            lines.Add($"{fromText} and {target} have no network in common: only ports that {target} publishes can be "
                + "called, by the host's addresses");
            isAllowed = false;
        }
        string? name = to.Address is null ? target.TrimEnd('.').ToLowerInvariant() : null;
        foreach (PolicyDecision decision in Networks.TestPolicies(from, to, name, protocol, port))
        {
            isAllowed &= decision.IsAllowed;
            lines.Add(Explain(decision, decision.Direction == PolicyDirection.Egress ? fromText : target));
        }
        if (from.Member is null && to.Member is null) lines.Add("no container takes part: policies say nothing");
        lines.Add(isAllowed ? "allowed" : "denied");
        return lines;
    }

    private static string Explain(PolicyDecision decision, string name)
    {
        string what = $"{(decision.Direction == PolicyDirection.Egress ? "egress" : "ingress")} of {name}: ";
        if (decision.Policies.Length == 0) return what + "no policy selects it, allowed";
        return decision.IsAllowed
            ? what + $"policy {decision.Policies[0]}, rule {decision.Rule} (line {decision.Line}) allows it"
            : what + $"no rule of {(decision.Policies.Length == 1 ? "policy" : "policies")} "
                + $"{string.Join(", ", decision.Policies)} allows it";
    }

    // Endpoints of containers on the same network speak with each other there.
    private static (PolicyParty From, PolicyParty To) Pair(List<PolicyParty> froms, List<PolicyParty> tos)
    {
        foreach (PolicyParty from in froms)
            foreach (PolicyParty to in tos)
                if (from.Member is { } one && to.Member is { } other && one.Network == other.Network) return (from, to);
        return (froms[0], tos[0]);
    }

    private List<PolicyParty> PartiesOf(string text, List<PolicyMember> members, bool isTarget)
    {
        if (text == "host") return [new PolicyParty(null, null, PolicyEntity.Host)];
        if (IPAddress.TryParse(text.Trim('[', ']'), out IPAddress? address)) return [Networks.PartyOf(address)];
        List<PolicyParty> ends = [.. members.Where(member => member.Names.Contains(text)
            || member.ContainerId.StartsWith(text, StringComparison.Ordinal)).Select(member =>
                new PolicyParty(member.Addresses.Count > 0 ? member.Addresses[0] : null, member, PolicyEntity.None))];
        if (ends.Count > 0) return ends;
        return isTarget && text.Contains('.') ? [new PolicyParty(null, null, PolicyEntity.None)]
            : throw new UsageException(
                $"\"{text}\" is no container that runs on a bridge network, no address, and not host");
    }

    private static (string Target, ushort Port, byte Protocol) ReadTarget(string text)
    {
        string protocol = "tcp", rest = text;
        if (text.LastIndexOf('/') is >= 0 and var slash) (rest, protocol) = (text[..slash], text[(slash + 1)..]);
        int colon = rest.LastIndexOf(':');
        return colon > 0 && PolicyPorts.NumberOf(protocol) is { } number
            && ushort.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? (rest[..colon], port, number)
            : throw new UsageException($"\"{text}\" is no TO:PORT, or TO:PORT/tcp, udp or sctp");
    }

    private static string Text(string name, PolicyParty party) => party.Member is { } member
        ? $"{name} ({party.Address} on {member.Network})"
        : party.Entity == PolicyEntity.None || name == "host" ? name
            : $"{name} ({party.Entity.ToString().ToLowerInvariant()})";

    private void WriteEvent(NetworkPolicy policy, string action) => Events.Write(EventJournal.Event(
        "network", action, policy.Name, [("name", policy.Name), ("namespace", policy.Network ?? "")]));
}
