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
    /// Has the table know endpoints that come and go; true when it does. The caller holds the table as it is.
    /// </summary>
    /// <param name="host">Sockets.</param>
    /// <param name="joined">All that there are now of their containers; their records are written before.</param>
    /// <param name="left">Those that are no more, or are others now.</param>
    public bool TrySet(HostSockets host, IReadOnlyList<PolicyMember> joined, IReadOnlyList<PolicyMember> left)
    {
        using FileLock turn = Lock();
        List<NetworkPolicy> policies = _store.List();
        if (policies.Count == 0) return !PolicyIndex.Exists(roots);
        using PolicyIndex? index = PolicyIndex.TryOpen(roots, policies);
        if (index is null) return false;
        PolicyTable before = Build(policies, left), after = Build(policies, joined);
        // Those that others have are left alone: writing their rules again would have the next change wait until the
        // kernel has freed the old ones.
        List<string> classes = [.. after.Classes];
        classes.RemoveAll(name => NftChains.Exists(host.Netfilter, table, name));
        using var batch = new NftBatch();
        PolicyTable.WriteMembers(batch, table, before, after, classes);
        if (!index.TryAppend(classes, joined, left, () => batch.IsEmpty || TryCommit(host, batch))) return false;
        _names.Change(policies, joined, left);
        return true;
    }

    /// <summary>
    /// Writes and deletes policies, durably, has the table follow in one step and ends the connections that are no
    /// longer allowed; true when that was done. The caller holds the table as it is.
    /// </summary>
    public bool TryApply(HostSockets host, IReadOnlyList<NetworkPolicy> written, IReadOnlyList<string> deleted)
    {
        using FileLock turn = Lock();
        List<NetworkPolicy> policies = _store.List(), next = Changed(policies, written, deleted);
        var difference = new PolicyDifference(policies, next);
        using PolicyIndex? index = PolicyIndex.TryOpen(roots, policies);
        // Of no change nothing is written. But what is there may be that of a process which was killed before it was
        // durable.
        if (difference.IsNone && (index is not null || policies.Count == 0))
        {
            _store.Flush();
            return true;
        }
        try
        {
            return TryApply(host, policies, next, difference, index, () =>
            {
                foreach (NetworkPolicy policy in written) _store.Write(policy);
                foreach (string name in deleted) _store.Delete(name);
            });
        }
        catch (IOException)
        {
            // The index is damaged. It is hidden, or not of these policies any more, and the table is made anew.
            return false;
        }
    }

    private bool TryApply(
        HostSockets host, List<NetworkPolicy> policies, List<NetworkPolicy> next, PolicyDifference difference,
        PolicyIndex? index, Action store)
    {
        if (index is null)
        {
            store();
            return false;
        }
        PolicyTable before = Build(policies, index.EachMember(), difference),
            after = Build(next, index.EachMember(), difference);
        if (!difference.HasSameClasses) before.Note(index.Classes);
        PolicyIndex.Hide(roots);
        store();
        using var batch = new NftBatch();
        after.WriteChange(batch, table, before);
        if (!batch.IsEmpty && !TryCommit(host, batch)) return false;
        // Where nothing is different, everything has been cut that is not allowed: it is not remembered before that.
        if (next.Count > 0 && !batch.IsEmpty) CutFlows(host, next, index);
        _names.Write(next, index.EachMember());
        if (difference.HasSameClasses) PolicyIndex.Show(roots, next);
        else PolicyIndex.Delete(roots);
        if (!difference.HasSameClasses && next.Count > 0) index.Write(roots, next, after.Classes);
        return true;
    }

    private static List<NetworkPolicy> Changed(
        List<NetworkPolicy> policies, IReadOnlyList<NetworkPolicy> written, IReadOnlyList<string> deleted)
    {
        List<NetworkPolicy> next = [.. policies];
        next.RemoveAll(policy => deleted.Contains(policy.Name));
        foreach (NetworkPolicy policy in written)
        {
            next.RemoveAll(other => other.Name == policy.Name);
            if (!deleted.Contains(policy.Name)) next.Add(policy);
        }
        next.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return next;
    }

    /// <summary>Has the whole table made, with what policies want in it.</summary>
    /// <param name="host">Sockets.</param>
    /// <param name="members">All endpoints.</param>
    /// <param name="install">Makes it; given what writes the policies' part.</param>
    public void Install(HostSockets host, IEnumerable<PolicyMember> members, Action<Action<NftBatch>> install)
    {
        using FileLock turn = Lock();
        List<NetworkPolicy> policies = _store.List();
        using var index = new PolicyIndex();
        foreach (PolicyMember member in members) index.Add(member);
        PolicyIndex.Delete(roots);
        PolicyTable after = Build(policies, index.Members);
        install(batch => after.WriteChange(batch, table, PolicyTable.Empty));
        if (policies.Count > 0) CutFlows(host, policies, index);
        _names.Write(policies, index.Members);
        if (policies.Count > 0) index.Write(roots, policies, after.Classes);
    }

    /// <summary>Opens the way to addresses where a rule of a container's has the name that was asked for.</summary>
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

    private static bool TryCommit(HostSockets host, NftBatch batch)
    {
        NetlinkError error = batch.TryCommit(host.Netfilter);
        // Somebody has changed the table.
        if (error.Errno is Errno.ENOENT or Errno.EEXIST or Errno.EBUSY) return false;
        return error.Errno == Errno.None ? true : throw error.ToException();
    }

    // All that there are have to be looked at, which is for changes of policies only.
    private void CutFlows(HostSockets host, List<NetworkPolicy> policies, PolicyIndex index) =>
        new PolicyFlows(host, table, new PolicyChecker(policies, index.EachMember())).Cut();

    private PolicyTable Build(
        IReadOnlyList<NetworkPolicy> policies, IEnumerable<PolicyMember> members,
        PolicyDifference? difference = null) => PolicyTable.Build(policies, members, $"{table} ", difference);

    private FileLock Lock() => StateFile.Lock(roots.RunRoot + "/networks/policies.lock");
}
