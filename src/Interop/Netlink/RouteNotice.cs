namespace Skiff.Interop.Netlink;

/// <summary>Reads notifications of rtnetlink.</summary>
public readonly ref struct RouteNotice
{
    private readonly NetlinkMessage _message;

    /// <summary>Reads a notification.</summary>
    public RouteNotice(NetlinkMessage message) => _message = message;

    /// <summary>What it is about.</summary>
    public RouteNoticeKind Kind => _message.Type switch
    {
        // A bridge tells the same of its ports: one that leaves it is gone from there (AF_BRIDGE), and stays a link.
        Rtnetlink.RTM_NEWLINK or Rtnetlink.RTM_DELLINK when _message.Payload[0] != 0 => RouteNoticeKind.Other,
        Rtnetlink.RTM_NEWLINK => RouteNoticeKind.Link,
        Rtnetlink.RTM_DELLINK => RouteNoticeKind.LinkGone,
        Rtnetlink.RTM_NEWADDR => RouteNoticeKind.Address,
        Rtnetlink.RTM_DELADDR => RouteNoticeKind.AddressGone,
        Rtnetlink.RTM_NEWROUTE => RouteNoticeKind.Route,
        Rtnetlink.RTM_DELROUTE => RouteNoticeKind.RouteGone,
        Rtnetlink.RTM_NEWNETCONF when IsOfAllLinks => RouteNoticeKind.Settings,
        _ => RouteNoticeKind.Other,
    };

    // struct netconfmsg is one byte.
    private bool IsOfAllLinks
    {
        get
        {
            NetlinkAttributes attributes = _message.Attributes(1);
            return attributes.TryFind(Rtnetlink.NETCONFA_IFINDEX)
                && (int)attributes.UInt32 == Rtnetlink.NETCONFA_IFINDEX_ALL;
        }
    }

    /// <summary>The link, as it is now or was last.</summary>
    public LinkInfo Link => Links.Read(_message);

    /// <summary>The address; null when it is of a kind that we know nothing of.</summary>
    public AddressInfo? Address => Addresses.Read(_message);

    /// <summary>The route; null unless it is a unicast route of the main table.</summary>
    public RouteInfo? Route => Routes.Read(_message);
}
