namespace Skiff.Interop.Netlink;

/// <summary>The netlink protocols that the engine speaks.</summary>
public enum NetlinkFamily
{
    /// <summary>rtnetlink(7): links, addresses, routes.</summary>
    NETLINK_ROUTE = 0,

    /// <summary>nfnetlink: nf_tables and conntrack.</summary>
    NETLINK_NETFILTER = 12,
}
