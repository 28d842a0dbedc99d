using System.Text;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// The FORWARD chain of iptables (nft) with the policy drop, as dockerd and ufw leave it. A drop is final whatever our
/// own table accepts, so it gets a jump at its end to a chain of ours that accepts what comes from our bridges or goes
/// to them; our own table says what of that may pass. All rules in front of it, Docker's isolation and what an
/// administrator has forbidden, decide before. Only what iptables can list is written there (docs/decisions/026).
/// </summary>
internal sealed class ForeignForward(NetworkNames names, NetworkStore networks)
{
    /// <summary>The table of iptables, in either family.</summary>
    public const string Table = "filter";

    private const string Chain = "FORWARD";

    private static readonly RulesetFamily[] s_families = [RulesetFamily.Ipv4, RulesetFamily.Ipv6];

    /// <summary>
    /// Whether a network's packets meet such a chain, and nothing there lets them through. One short question for each
    /// version of IP where there is no such chain, two otherwise.
    /// </summary>
    public bool IsInTheWay(HostSockets host, NetworkRecord network) => Array.Exists(s_families, family =>
        network.Has(family.IsIpv6) && IsClosed(host, family)
        && !(NftChains.Find(host.Netfilter, family.Number, Table, names.ForwardChain) is { Uses: > 4 } own
            && own.Uses % 2 == 1 // Two rules for each interface, and the jump.
            && (!network.Options.TryGetValue(BridgeOptions.NameKey, out string? name) || NftChains.Mentions(
                host.Netfilter, family.Number, Table, names.ForwardChain, Encoding.ASCII.GetBytes(name + "\0")))));

    /// <summary>
    /// Puts in what is missing; true when something was. Under the lock of the rules, as two that find the same thing
    /// missing would both put it in.
    /// </summary>
    public bool Open(HostSockets host)
    {
        bool isChanged = false;
        List<string> interfaces = Interfaces();
        foreach (RulesetFamily family in s_families)
        {
            if (!IsClosed(host, family) || NftChains.Find(host.Netfilter, family.Number, Table, names.ForwardChain)
                is { } own && own.Uses == interfaces.Count * 2 + 1) continue;
            using var batch = new NftBatch(family.Number);
            batch.AddChain(Table, names.ForwardChain);
            batch.FlushChain(Table, names.ForwardChain);
            foreach (string name in interfaces)
                foreach (NftMeta side in (ReadOnlySpan<NftMeta>)[NftMeta.InterfaceName, NftMeta.OutputInterfaceName])
                    AddRule(batch, side, name);
            if (NftChains.FindJump(host.Netfilter, family.Number, Table, Chain, names.ForwardChain) == 0)
            {
                batch.BeginRule(Table, Chain);
                batch.Counter();
                batch.Jump(names.ForwardChain);
                batch.EndRule();
            }
            batch.Commit(host.Netfilter);
            isChanged = true;
        }
        return isChanged;
    }

    /// <summary>Takes out whatever of it is there.</summary>
    public void Remove(HostSockets host)
    {
        foreach (RulesetFamily family in s_families)
        {
            if (NftChains.Find(host.Netfilter, family.Number, Table, names.ForwardChain) is null) continue;
            using var batch = new NftBatch(family.Number);
            ulong jump = NftChains.FindJump(host.Netfilter, family.Number, Table, Chain, names.ForwardChain);
            if (jump != 0) batch.DeleteRule(Table, Chain, jump);
            batch.FlushChain(Table, names.ForwardChain);
            batch.DeleteChain(Table, names.ForwardChain);
            NetlinkError error = batch.TryCommit(host.Netfilter);
            if (error.Errno is not (Errno.None or Errno.ENOENT)) throw error.ToException();
        }
    }

    /// <summary>
    /// What else forbids containers' packets to pass, as far as can be seen, and what lets them; a line each.
    /// </summary>
    public IEnumerable<string> Warnings(HostSockets host)
    {
        string bridge = names.DefaultBridge;
        foreach (NftChainInfo chain in NftChains.List(host.Netfilter))
        {
            bool isFirewalld = chain is { Table: "firewalld", Name: "filter_FORWARD" };
            if (chain.Hook != NftHook.Forward || !chain.IsClosed && !isFirewalld
                || FamilyName(chain.Family) is not { } family || chain is { Table: Table, Name: Chain }
                || NftChains.Mentions(host.Netfilter, chain.Family, chain.Table, chain.Name,
                    Encoding.ASCII.GetBytes(bridge))) continue;
            string place = $"{family} {chain.Table} {chain.Name}";
            yield return $"chain {chain.Name} of table {family} {chain.Table} drops packets that pass through the host, "
                + "of containers too, unless it is told: " + (isFirewalld
                    ? $"firewall-cmd --permanent --zone=trusted --add-interface={bridge} && firewall-cmd --reload"
                    : $"nft insert rule {place} iifname {bridge} accept; "
                        + $"nft insert rule {place} oifname {bridge} accept");
        }
    }

    // Those with names of their users' one by one, all others by how they begin.
    private List<string> Interfaces()
    {
        List<string> interfaces = [names.DefaultBridge + "\0", NetworkNames.BridgePrefix];
        foreach (NetworkRecord network in networks.List())
            if (network.Options.TryGetValue(BridgeOptions.NameKey, out string? name)) interfaces.Add(name + "\0");
        return interfaces;
    }

    private static bool IsClosed(HostSockets host, RulesetFamily family) =>
        NftChains.Find(host.Netfilter, family.Number, Table, Chain) is { Hook: NftHook.Forward, IsClosed: true };

    // As iptables writes -i NAME -j ACCEPT: the name with its NUL, or without when it is how names begin (-i sk-+).
    private void AddRule(NftBatch batch, NftMeta side, string name)
    {
        batch.BeginRule(Table, names.ForwardChain);
        batch.Meta(side, NftBatch.Register);
        batch.Compare(NftCompare.Equal, NftBatch.Register, Encoding.ASCII.GetBytes(name));
        batch.Counter();
        batch.Verdict(NftVerdict.Accept);
        batch.EndRule();
    }

    private static string? FamilyName(byte family) => family switch { 1 => "inet", 2 => "ip", 10 => "ip6", _ => null };
}
