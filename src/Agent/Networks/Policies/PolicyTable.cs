using System.Net;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// The part of the engine's nf_tables table that policies make: what should be there for these policies and endpoints,
/// and how to get there from what is. Endpoints are elements of sets: a packet finds the rules of the policies that
/// select it by its address, and a change of one endpoint touches its elements alone.
/// </summary>
internal sealed partial class PolicyTable
{
    private const string Isolated = "isolated", Private = "private", CutFlows = "cut";

    private readonly Dictionary<string, PolicySet> _sets = [];
    private readonly Dictionary<string, PolicyChain> _chains = [];
    private readonly HashSet<string> _counters = [];
    private readonly HashSet<string> _classes = [];

    // By the names of the policies that select an endpoint.
    private readonly Dictionary<string, string> _classNames = [];

    private PolicyDifference? _difference;

    /// <summary>The chains for endpoints.</summary>
    public IReadOnlyCollection<string> Classes => _classes;

    /// <summary>What is there without policies: nothing.</summary>
    public static PolicyTable Empty { get; } = new();

    /// <summary>What should be there.</summary>
    /// <param name="policies">By name.</param>
    /// <param name="members">All endpoints.</param>
    /// <param name="logPrefix">What the log has in front of a denied packet.</param>
    /// <param name="difference">
    /// Leaves out what a change is not about: then it is to be compared with another one of that change, and there is
    /// nothing else that it is good for.
    /// </param>
    public static PolicyTable Build(
        IReadOnlyList<NetworkPolicy> policies, IEnumerable<PolicyMember> members, string logPrefix,
        PolicyDifference? difference = null)
    {
        if (policies.Count == 0) return Empty;
        var table = new PolicyTable { _difference = difference };
        table.AddBase();
        foreach (NetworkPolicy policy in policies)
            foreach (PolicyDirection direction in (ReadOnlySpan<PolicyDirection>)
                [PolicyDirection.Ingress, PolicyDirection.Egress])
                if (policy.Has(direction)) table.AddPolicy(policy, direction, members);
        if (difference is { HasSameClasses: true }) return table;
        foreach (PolicyMember member in members)
        {
            bool isIsolated = table.AddMember(policies, member, PolicyDirection.Ingress, logPrefix)
                | table.AddMember(policies, member, PolicyDirection.Egress, logPrefix);
            if (!isIsolated) continue;
            foreach (IPAddress address in member.Addresses) table.Put(Isolated, address);
        }
        return table;
    }

    /// <summary>Takes note of chains for endpoints that are there, though none of its endpoints needs them.</summary>
    public void Note(IEnumerable<string> classes)
    {
        foreach (string name in classes)
        {
            _counters.Add(name);
            _classes.Add(name);
            _chains.TryAdd(name, new PolicyChain(name));
        }
    }

    /// <summary>
    /// Writes endpoints that come and go, of tables that were built for just these; what others have in common with
    /// them stays.
    /// </summary>
    /// <param name="batch">The change.</param>
    /// <param name="table">The engine's table.</param>
    /// <param name="left">Of those that go.</param>
    /// <param name="joined">Of those that come.</param>
    /// <param name="classes">Chains that these need, and no other has had so far.</param>
    public static void WriteMembers(
        NftBatch batch, string table, PolicyTable left, PolicyTable joined, IEnumerable<string> classes)
    {
        foreach (string name in classes)
        {
            batch.AddCounter(table, name);
            batch.AddChain(table, name);
            joined._chains[name].WriteRules(batch, table, null);
        }
        foreach ((string name, PolicySet set) in joined._sets) set.WriteChange(batch, table, left._sets[name]);
    }

    /// <summary>Writes what makes this one from another.</summary>
    public void WriteChange(NftBatch batch, string table, PolicyTable before)
    {
        foreach (string counter in _counters.Except(before._counters)) batch.AddCounter(table, counter);
        foreach ((string name, PolicySet set) in _sets)
            if (!before._sets.ContainsKey(name)) batch.AddSet(table, set.Form);
        foreach ((string name, PolicyChain chain) in _chains)
            if (!before._chains.ContainsKey(name)) chain.WriteTo(batch, table);
        foreach ((string name, PolicyChain chain) in _chains)
            chain.WriteRules(batch, table, before._chains.GetValueOrDefault(name));
        foreach ((string name, PolicySet set) in _sets)
            set.WriteChange(batch, table, before._sets.GetValueOrDefault(name));

        List<string> gone = [.. before._chains.Keys.Except(_chains.Keys)];
        foreach (string chain in gone) batch.FlushChain(table, chain);
        // Maps first: nothing may lead to a chain that goes.
        foreach (PolicySet set in before._sets.Values.OrderByDescending(set => set.IsMap))
            if (!_sets.ContainsKey(set.Form.Name)) batch.DeleteSet(table, set.Form.Name);
        foreach (string chain in gone) batch.DeleteChain(table, chain);
        foreach (string counter in before._counters.Except(_counters)) batch.DeleteCounter(table, counter);
    }

    private bool AddMember(
        IReadOnlyList<NetworkPolicy> policies, PolicyMember member, PolicyDirection direction, string logPrefix)
    {
        string selecting = direction == PolicyDirection.Ingress ? "i" : "e";
        foreach (NetworkPolicy policy in policies)
            if (policy.Has(direction) && policy.Selects(member)) selecting += ' ' + policy.Name;
        if (selecting.Length == 1) return false;
        if (!_classNames.TryGetValue(selecting, out string? name))
        {
            string[] names = selecting.Split(' ')[1..];
            _classNames[selecting] = name = PolicyNames.Class(direction, names);
            _classes.Add(name);
            AddClass(name, direction, names, logPrefix);
        }
        foreach (IPAddress address in member.Addresses) Put(MapOf(direction), address, name);
        return true;
    }

    private void AddPolicy(
        NetworkPolicy policy, PolicyDirection direction, IEnumerable<PolicyMember> members)
    {
        PolicyChain chain = Chain(PolicyNames.Chain(policy.Name, direction));
        PolicyRule[] rules = policy.Rules(direction);
        for (int i = 0; i < rules.Length; i++)
        {
            _counters.Add(PolicyNames.Rule(policy.Name, direction, i));
            AddRule(chain, policy, direction, i);
            AddPeers(policy, direction, i, members);
        }
    }

    private void AddPeers(
        NetworkPolicy policy, PolicyDirection direction, int index, IEnumerable<PolicyMember> members)
    {
        PolicyRule rule = policy.Rules(direction)[index];
        string peers = PolicyNames.Peers(policy.Name, direction, index);
        if (_sets.ContainsKey(peers) && _difference?.HasSamePeers(policy.Name, direction, index) != true)
            foreach (PolicyMember member in members)
                if (Array.Exists(rule.Peers, peer => policy.Means(peer, member)))
                    foreach (IPAddress address in member.Addresses) Put(peers, address);
        IPNetwork[] blocks = [.. rule.Peers.Select(peer => peer.Block).OfType<AddressBlock>()
            .Where(block => block.Except.Length == 0).Select(block => block.Network)];
        foreach (IPNetwork block in blocks)
            // The kernel refuses what overlaps, and of two subnets the smaller one then lies in the other.
            if (!Array.Exists(blocks, other => other.PrefixLength < block.PrefixLength
                && other.BaseAddress.AddressFamily == block.BaseAddress.AddressFamily
                && other.Contains(block.BaseAddress)))
                PutRange(PolicyNames.Blocks(policy.Name, direction, index), block);
    }

    private void Put(string set, IPAddress address, string chain = "")
    {
        Span<byte> key = stackalloc byte[16];
        address.TryWriteBytes(key, out int length);
        _sets[set + FamilyOf(address).Suffix].Add(key[..length], chain);
    }

    private void PutRange(string set, IPNetwork network)
    {
        byte[] end = network.PrefixLength > 0 ? AddressNumber.EndOf(network)
            : new byte[network.BaseAddress.GetAddressBytes().Length];
        _sets[set + FamilyOf(network.BaseAddress).Suffix].Add([.. network.BaseAddress.GetAddressBytes(), .. end]);
    }

    private static RulesetFamily FamilyOf(IPAddress address) =>
        RulesetFamily.Ipv6.Has(address) ? RulesetFamily.Ipv6 : RulesetFamily.Ipv4;

    private static string MapOf(PolicyDirection direction) =>
        direction == PolicyDirection.Ingress ? "ingress" : "egress";

    private PolicyChain Chain(string name) => _chains[name] = new PolicyChain(name);

    private void Set(string name, NftDataType[] key, bool isMap = false, bool isInterval = false, bool isTimed = false)
    {
        _sets[name] = new PolicySet(new NftSet
        {
            Name = name, Key = key, Value = isMap ? [NftDataType.Verdict] : null!, IsInterval = isInterval,
            HasTimeouts = isTimed,
        });
    }
}
