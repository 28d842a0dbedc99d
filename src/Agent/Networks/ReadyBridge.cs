using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>A network whose bridge is up and known to the rules.</summary>
/// <param name="Network">The network.</param>
/// <param name="Link">Its bridge.</param>
/// <param name="Options">What its driver is told.</param>
internal sealed record ReadyBridge(NetworkRecord Network, LinkInfo Link, BridgeOptions Options)
{
    /// <summary>Whether its ports exchange frames with the bridge alone.</summary>
    public bool IsolatesPorts => !Options.HasInterContainerTraffic;

    /// <summary>Where containers send what is not for their own subnet; null when there is no way out.</summary>
    public System.Net.IPAddress? GatewayOf(AddressPool? pool) =>
        pool is null || Network.IsInternal || Options.GatewayMode(pool.IsIpv6) == "isolated" ? null : pool.Gateway;
}
