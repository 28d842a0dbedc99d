using System.Net;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>A macvlan or ipvlan network whose parent interface is there.</summary>
/// <param name="Network">The network.</param>
/// <param name="Link">The parent.</param>
/// <param name="Options">What its driver is told.</param>
internal sealed record ReadyParent(NetworkRecord Network, LinkInfo Link, LinkOptions Options)
    : ReadyNetwork(Network, Link)
{
    /// <inheritdoc/>
    public override bool HasNeighbours => !Options.IsRouted && Options.Parent is not null;

    /// <inheritdoc/>
    public override IPAddress? GatewayOf(AddressPool? pool) => pool is null || Network.IsInternal ? null
        : !Options.IsRouted ? pool.Gateway : pool.IsIpv6 ? IPAddress.IPv6Any : IPAddress.Any;

    /// <inheritdoc/>
    public override MacAddress MacOf(MacAddress? asked, IPAddress? address)
    {
        if (!Options.SharesMac) return asked ?? Bridge.MacOf(address);
        return asked is null ? Link.Mac : throw new UsageException(Options.IsIpvlan
            ? "ipvlan interfaces do not support custom mac address assignment"
            : "macvlan interfaces of mode passthru have the mac address of their parent, and no other", 125);
    }

    /// <inheritdoc/>
    public override void AddLink(NetlinkBatch batch, Endpoint endpoint, Fd inside)
    {
        var link = new ChildLink
        {
            Name = endpoint.FirstName, Parent = Link.Index, Namespace = inside,
            Mac = Options.SharesMac ? null : endpoint.Mac,
        };
        if (Options.IsIpvlan) Links.AddIpvlan(batch, link, Options.IpvlanMode, Options.IpvlanFlags);
        else Links.AddMacvlan(batch, link, Options.MacvlanMode);
    }
}
