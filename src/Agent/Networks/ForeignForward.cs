using System.Text;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// The FORWARD chain of iptables (nft) with the policy drop, as dockerd and ufw leave it. A drop is final whatever our
/// own table accepts, so it gets a jump at its end to a chain of ours that accepts what comes from our bridges or goes
/// to them; our own table says what of that may pass. All rules in front of it, Docker's isolation and what an
/// administrator has forbidden, decide before. What goes to Docker's bridges is none of ours: where it relies on the
/// policy to protect its containers, it still can. Only what iptables can list is written there
/// (docs/decisions/025).
/// </summary>
internal sealed class ForeignForward(NetworkNames names, NetworkStore networks)
{
    /// <summary>The table of iptables, in either family.</summary>
    public const string Table = "filter";

    private const string Chain = "FORWARD", Dockers = "DOCKER";

    /// <summary>
    /// Whether a network's packets meet such a chain, and nothing there lets them through. One short question for each
    /// version of IP where there is no such chain; where there is one, the rules of two chains are read.
    /// </summary>
    public bool IsInTheWay(HostSockets host, NetworkRecord network)
    {
        foreach (RulesetFamily family in RulesetFamily.All)
        {
            if (!network.Has(family.IsIpv6) || !IsClosed(host, family)) continue;
            List<NftRuleInfo> forward = Rules(host, family, Chain), own = Rules(host, family, names.ForwardChain);
            string bridge = names.BridgeOf(network);
            if (!JumpsToOwn(forward) || !own.Exists(rule => rule.Input == bridge || rule.Input.EndsWith('+')
                && bridge.StartsWith(rule.Input[..^1], StringComparison.Ordinal))) return true;
            // Others than these are of networks whose names their users have chosen.
            List<ForwardRule> wanted = Wanted(forward, []);
            if (own.Count < wanted.Count || !wanted.TrueForAll(rule => rule.IsAmong(own))) return true;
        }
        return false;
    }

    /// <summary>
    /// Puts in what is missing; true when something was. Under the lock of the rules, as two that find the same thing
    /// missing would both put it in.
    /// </summary>
    public bool Open(HostSockets host)
    {
        bool isChanged = false;
        List<NetworkRecord> all = networks.List();
        foreach (RulesetFamily family in RulesetFamily.All)
        {
            if (!IsClosed(host, family)) continue;
            List<NftRuleInfo> forward = Rules(host, family, Chain), own = Rules(host, family, names.ForwardChain);
            List<ForwardRule> wanted = Wanted(forward, all);
            if (JumpsToOwn(forward) && own.Count == wanted.Count && wanted.TrueForAll(rule => rule.IsAmong(own)))
                continue;
            using var batch = new NftBatch(family.Number);
            batch.AddChain(Table, names.ForwardChain);
            batch.FlushChain(Table, names.ForwardChain);
            foreach (ForwardRule rule in wanted) rule.AddTo(batch, Table, names.ForwardChain);
            if (!JumpsToOwn(forward))
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
        foreach (RulesetFamily family in RulesetFamily.All)
        {
            if (NftChains.Find(host.Netfilter, family.Number, Table, names.ForwardChain) is null) continue;
            using var batch = new NftBatch(family.Number);
            foreach (NftRuleInfo rule in Rules(host, family, Chain))
                if (rule.Target == names.ForwardChain) batch.DeleteRule(Table, Chain, rule.Handle);
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
        bool hasOthers = networks.List().Exists(network => network is { Driver: "bridge", IsPredefined: false });
        foreach (NftChainInfo chain in NftChains.List(host.Netfilter))
        {
            bool isFirewalld = chain is { Table: "firewalld", Name: "filter_FORWARD" };
            if (chain.Hook != NftHook.Forward || !chain.IsClosed && !isFirewalld
                || FamilyName(chain.Family) is not { } family || chain is { Table: Table, Name: Chain }) continue;
            string place = $"{family} {chain.Table} {chain.Name}";
            // firewalld's zones are known by interfaces in a chain that it jumps to. Of their names a + is the rest.
            string known = isFirewalld ? chain.Name + "_ZONES" : chain.Name;
            string[] wanted = isFirewalld && hasOthers ? [bridge, NetworkNames.BridgePrefix] : [bridge];
            if (Array.TrueForAll(wanted, name => NftChains.Mentions(host.Netfilter, chain.Family, chain.Table, known,
                Encoding.ASCII.GetBytes(name)))) continue;
            yield return $"chain {chain.Name} of table {family} {chain.Table} drops packets that pass through the "
                + "host, of containers too, unless it is told: " + (isFirewalld
                    ? $"firewall-cmd --permanent --zone=trusted --add-interface={bridge} "
                        + $"--add-interface={NetworkNames.BridgePrefix}+ && firewall-cmd --reload"
                    : $"nft insert rule {place} iifname {bridge} accept; "
                        + $"nft insert rule {place} oifname {bridge} accept");
        }
    }

    private bool JumpsToOwn(List<NftRuleInfo> forward) => forward.Exists(rule => rule.Target == names.ForwardChain);

    // Networks with names of their users' have rules of their own, all others are known by how their names begin.
    private List<ForwardRule> Wanted(List<NftRuleInfo> forward, List<NetworkRecord> all)
    {
        var wanted = new List<ForwardRule>();
        foreach (NftRuleInfo rule in forward)
            if (rule is { Target: Dockers, Output.Length: > 0 })
                wanted.Add(new ForwardRule("", rule.Output, NftVerdict.Return));
        Accept(names.DefaultBridge);
        Accept(NetworkNames.BridgePrefix + "+");
        foreach (NetworkRecord network in all)
            if (network.Options.TryGetValue(BridgeOptions.NameKey, out string? name)) Accept(name);
        return wanted;

        void Accept(string name)
        {
            wanted.Add(new ForwardRule(name, "", NftVerdict.Accept));
            wanted.Add(new ForwardRule("", name, NftVerdict.Accept));
        }
    }

    private static bool IsClosed(HostSockets host, RulesetFamily family) =>
        NftChains.Find(host.Netfilter, family.Number, Table, Chain) is { Hook: NftHook.Forward, IsClosed: true };

    private static List<NftRuleInfo> Rules(HostSockets host, RulesetFamily family, string chain) =>
        NftChains.Rules(host.Netfilter, family.Number, Table, chain);

    private static string? FamilyName(byte family) => family switch { 1 => "inet", 2 => "ip", 10 => "ip6", _ => null };
}
