using System.Net;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// The policies, and what the kernel's table has of them. Where a change cannot be made because the table is not what
/// it should be, the caller has the whole table made anew.
/// </summary>
internal sealed class PolicyModule(StateRoots roots, string table)
{
    // Clients use an answer a little longer than they should.
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(1);

    private readonly PolicyStore _store = new(roots);
    private readonly DnsRules _names = new(roots);

    /// <summary>Whether there is any policy, or the table still has some.</summary>
    public bool Any => _store.Any || PolicyIndex.Exists(roots);

    /// <summary>All policies, by name.</summary>
    public List<NetworkPolicy> List() => _store.List();

    /// <summary>The policy called so; null when there is none.</summary>
    public NetworkPolicy? Find(string name) => _store.Find(name);

    /// <summary>The names that open the way for a container.</summary>
    public DnsRules Names => _names;

    /// <summary>
    /// Has the table know endpoints that come, change or go; true when it does. The records of the endpoints are
    /// written before, and the caller holds the table as it is.
    /// </summary>
    /// <param name="host">Sockets.</param>
    /// <param name="joined">Those that there are now.</param>
    /// <param name="left">The ids of those that are no more.</param>
    public bool TrySet(HostSockets host, IEnumerable<PolicyMember> joined, IEnumerable<string> left)
    {
        using Fd turn = Lock();
        List<NetworkPolicy> policies = _store.List();
        if (policies.Count == 0) return !PolicyIndex.Exists(roots);
        if (PolicyIndex.TryRead(roots, policies) is not { } before) return false;
        PolicyIndex after = before.Copy();
        foreach (string id in left) after.Remove(id);
        foreach (PolicyMember member in joined) after.Add(member);
        return TryChange(host, Build(policies, before), policies, after);
    }

    /// <summary>
    /// Writes and deletes policies, durably, and has the table follow in one step; true when it does. The caller holds
    /// the table as it is.
    /// </summary>
    public bool TryApply(HostSockets host, IReadOnlyList<NetworkPolicy> written, IReadOnlyList<string> deleted)
    {
        using Fd turn = Lock();
        List<NetworkPolicy> policies = _store.List();
        PolicyIndex? index = PolicyIndex.TryRead(roots, policies);
        PolicyTable? before = index is null ? null : Build(policies, index);
        foreach (NetworkPolicy policy in written) _store.Write(policy);
        foreach (string name in deleted) _store.Delete(name);
        return before is not null && TryChange(host, before, _store.List(), index!);
    }

    /// <summary>Has the whole table made, with what policies want in it.</summary>
    /// <param name="members">All endpoints.</param>
    /// <param name="install">Makes it; given what writes the policies' part.</param>
    public void Install(IEnumerable<PolicyMember> members, Action<Action<NftBatch>> install)
    {
        using Fd turn = Lock();
        List<NetworkPolicy> policies = _store.List();
        var index = new PolicyIndex();
        foreach (PolicyMember member in members) index.Add(member);
        PolicyIndex.Delete(roots);
        install(batch => Build(policies, index).WriteChange(batch, table, PolicyTable.Empty));
        Remember(policies, index);
    }

    /// <summary>
    /// Ends the connections that are no longer allowed. All that there are have to be looked at, which is for changes
    /// of policies only.
    /// </summary>
    public void CutFlows(HostSockets host)
    {
        List<NetworkPolicy> policies = _store.List();
        if (PolicyIndex.TryRead(roots, policies) is not { } index) return;
        var flows = new PolicyFlows(host, table, new PolicyChecker(policies, index.Members));
        flows.Cut();
    }

    /// <summary>Opens the way to addresses where a rule of a container's has the name that they were answered for.</summary>
    /// <param name="host">Sockets.</param>
    /// <param name="containerId">The container.</param>
    /// <param name="name">The name, in lower case.</param>
    /// <param name="own">The container's addresses.</param>
    /// <param name="addresses">The answer.</param>
    /// <param name="ttl">For how long it is good.</param>
    public void AllowAnswer(
        HostSockets host, string containerId, string name, IPAddress[] own, IReadOnlyList<IPAddress> addresses,
        TimeSpan ttl)
    {
        foreach (string line in _names.Read(containerId))
        {
            string[] words = line.Split(' ');
            if (!words.Skip(1).Any(pattern => DnsPattern.Fits(pattern, name))) continue;
            foreach (RulesetFamily family in RulesetFamily.All)
                foreach (IPAddress source in own)
                    foreach (IPAddress address in addresses)
                        if (family.Has(source) && family.Has(address))
                            Allow(host, words[0] + family.Suffix, source, address, ttl + s_grace);
        }
    }

    // An element that is there keeps its time (before Linux 6.12), so it is exchanged for another.
    private void Allow(HostSockets host, string set, IPAddress source, IPAddress address, TimeSpan time)
    {
        byte[] key = [.. source.GetAddressBytes(), .. address.GetAddressBytes()];
        foreach (bool exchange in (ReadOnlySpan<bool>)[true, false])
        {
            using var batch = new NftBatch();
            if (exchange)
            {
                batch.BeginDeleteElements(table, set);
                batch.Element(key);
                batch.EndElements();
            }
            batch.BeginAddElements(table, set);
            batch.ElementFor(key, time);
            batch.EndElements();
            NetlinkError error = batch.TryCommit(host.Netfilter);
            if (error.Errno == Errno.None) return;
            if (error.Errno != Errno.ENOENT) throw error.ToException();
        }
    }

    /// <summary>What was counted: by name, in <see cref="PolicyNames"/>' words.</summary>
    public Dictionary<string, NftCounter> Counters(HostSockets host)
    {
        var counters = new Dictionary<string, NftCounter>();
        foreach (NftCounter counter in NftBatch.Counters(host.Netfilter, table)) counters[counter.Name] = counter;
        return counters;
    }

    private bool TryChange(
        HostSockets host, PolicyTable before, List<NetworkPolicy> policies, PolicyIndex index)
    {
        using var batch = new NftBatch();
        Build(policies, index).WriteChange(batch, table, before);
        PolicyIndex.Delete(roots);
        if (!batch.IsEmpty)
        {
            NetlinkError error = batch.TryCommit(host.Netfilter);
            // Somebody has changed the table.
            if (error.Errno is Errno.ENOENT or Errno.EEXIST or Errno.EBUSY) return false;
            if (error.Errno != Errno.None) throw error.ToException();
        }
        Remember(policies, index);
        return true;
    }

    private void Remember(List<NetworkPolicy> policies, PolicyIndex index)
    {
        _names.Write(policies, index.Members);
        if (policies.Count > 0) index.Write(roots, policies);
    }

    private PolicyTable Build(IReadOnlyList<NetworkPolicy> policies, PolicyIndex index) =>
        PolicyTable.Build(policies, index.Members, $"{table} ");

    private Fd Lock() => StateFile.Lock(roots.RunRoot + "/networks/policies.lock");
}
