using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>
/// What all containers of a network together may send. What their bridge hands up to the host is counted where it
/// comes out of it, so that what they send each other is not; more than the limit is dropped, and senders slow down.
/// What they receive is slowed down by the bridge's queue (<see cref="Bridge"/>).
/// </summary>
internal sealed partial class Ruleset
{
    private const int BurstBytes = 64 * 1024;

    private void AddTotal(NftBatch batch, string bridge, BridgeOptions options)
    {
        if (options.TotalEgressBytesPerSecond is not (> 0 and var limit)) return;
        string chain = TotalOf(bridge);
        batch.AddChain(table, chain, NftChainType.Filter, NftHook.Ingress, priority: 0, bridge);
        // It may be there with its rule.
        batch.FlushChain(table, chain);
        batch.BeginRule(table, chain);
        batch.Beyond(limit, BurstBytes);
        batch.Verdict(NftVerdict.Drop);
        batch.EndRule();
    }

    // In a transaction of its own: where the bridge is gone already, so is the chain.
    private void RemoveTotal(HostSockets host, string bridge, BridgeOptions options)
    {
        if (options.TotalEgressBytesPerSecond == 0) return;
        using var batch = new NftBatch();
        batch.FlushChain(table, TotalOf(bridge));
        batch.DeleteChain(table, TotalOf(bridge));
        NetlinkError error = batch.TryCommit(host.Netfilter);
        if (error.Errno is not (Errno.None or Errno.ENOENT)) throw error.ToException();
    }

    private static string TotalOf(string bridge) => "egress_" + bridge;
}
