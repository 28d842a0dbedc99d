using System.Net;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks.Policies;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>Who may speak with whom.</summary>
internal sealed partial class NetworkModule
{
    /// <summary>All policies, by name.</summary>
    public List<NetworkPolicy> Policies() => _policies.List();

    /// <summary>The policy called so.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public NetworkPolicy GetPolicy(string name) =>
        _policies.Find(name) ?? throw new UsageException($"network policy {name} not found");

    /// <summary>
    /// Writes policies, which replace those of their names, and deletes others: in force for all containers in one step
    /// when this returns, with connections that are no longer allowed ended.
    /// </summary>
    public void ChangePolicies(IReadOnlyList<NetworkPolicy> written, IReadOnlyList<string> deleted)
    {
        using var host = new HostSockets();
        _bridge.EnsureRecords(host);
        bool had = _policies.Any;
        if (written.Count > 0) BridgeFilter.Require();
        bool isDone;
        using (_bridge.LockRules(exclusive: false)) isDone = _policies.TryApply(host, written, deleted);
        if (!isDone) _bridge.ReplaceRules(host);
        bool has = _policies.Any;
        if (had != has)
            foreach (string bridge in _bridge.Present(host).Keys) BridgeFilter.Set(host, bridge, on: has);
    }

    /// <summary>What the rules have let pass and denied, by <see cref="PolicyNames"/>.</summary>
    public Dictionary<string, NftCounter> PolicyCounters()
    {
        using var host = new HostSockets();
        return _policies.Counters(host);
    }

    /// <summary>The endpoints as policies see them.</summary>
    public List<PolicyMember> PolicyMembers() => [.. _bridge.Members(_endpoints.List())];

    /// <summary>What policies say about a connection, first of who calls, then of who is called.</summary>
    /// <param name="from">Who calls: endpoints of one container, or an address.</param>
    /// <param name="to">Who is called.</param>
    /// <param name="toName">A name of DNS that it is called by; null for none.</param>
    /// <param name="protocol">IPPROTO_*.</param>
    /// <param name="port">The callee's.</param>
    public List<PolicyDecision> TestPolicies(
        PolicyParty from, PolicyParty to, string? toName, byte protocol, ushort port)
    {
        using var host = new HostSockets();
        return new PolicyFlows(host, _names.Table, new PolicyChecker(_policies.List(), PolicyMembers()))
            .Decide(from, to, protocol, port, toName);
    }

    /// <summary>An address as one side of a connection.</summary>
    public PolicyParty PartyOf(IPAddress address)
    {
        using var host = new HostSockets();
        return new PolicyFlows(host, _names.Table, new PolicyChecker([], PolicyMembers())).PartyOf(address);
    }

    /// <summary>Whether rules with names of DNS are about a container: one question to the kernel.</summary>
    public bool HasNameRules(string containerId) => _policies.Names.Has(containerId);

    /// <summary>
    /// Opens the way to the addresses of an answer where a rule has its name, for as long as the answer is good and a
    /// little longer.
    /// </summary>
    public void AllowAnswer(string containerId, string name, IReadOnlyList<IPAddress> addresses, TimeSpan ttl)
    {
        using var host = new HostSockets();
        IPAddress[] own = [.. _endpoints.Find(containerId).SelectMany(end => end.Addresses)];
        _policies.AllowAnswer(host, containerId, name, own, addresses, ttl);
    }

    // Where the table is not what it should be, it is made anew from the records: of those that join they are written
    // before, of those that leave they are gone. Of a container that stays, all that it has joined are given, as its
    // names of DNS are one list.
    private void SetPolicies(HostSockets host, IReadOnlyList<Endpoint> joined, IReadOnlyList<Endpoint> left)
    {
        if (!TrySetPolicies(host, joined, left)) _bridge.ReplaceRules(host);
    }

    private bool TrySetPolicies(HostSockets host, IReadOnlyList<Endpoint> joined, IReadOnlyList<Endpoint> left)
    {
        if (!_policies.Any) return true;
        using FileLock rules = _bridge.LockRules(exclusive: false);
        return _policies.TrySet(host, [.. _bridge.Members(joined)], [.. _bridge.Members(left)]);
    }
}
