using System.Net;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>A network whose side of the host is ready for containers.</summary>
/// <param name="Network">The network.</param>
/// <param name="Link">The host's interface that its containers hang on.</param>
internal abstract record ReadyNetwork(NetworkRecord Network, LinkInfo Link)
{
    /// <summary>What interfaces inside are called, before their number.</summary>
    public virtual string InterfacePrefix => "eth";

    /// <summary>Whether hosts that the engine does not know are on the same link, and may have its addresses.</summary>
    public virtual bool HasNeighbours => false;

    /// <summary>
    /// Where containers send what is not for their own subnet; null when there is no way out, all zeros when they send
    /// it to their interface itself.
    /// </summary>
    /// <param name="pool">The subnet; null when they have no address of that version.</param>
    public abstract IPAddress? GatewayOf(AddressPool? pool);

    /// <summary>The Ethernet address of a container's interface.</summary>
    /// <param name="asked">The one that is asked for; null when none is.</param>
    /// <param name="address">The container's IPv4 address; null when it has none.</param>
    /// <exception cref="UsageException">The driver cannot give it that one.</exception>
    public abstract MacAddress MacOf(MacAddress? asked, IPAddress? address);

    /// <summary>Appends the requests that make a container's interface.</summary>
    /// <param name="batch">Of the host's rtnetlink.</param>
    /// <param name="endpoint">The container's.</param>
    /// <param name="inside">Its namespace.</param>
    public abstract void AddLink(NetlinkBatch batch, Endpoint endpoint, Fd inside);
}
