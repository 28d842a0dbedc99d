using System.Net;

namespace Skiff.Interop.Netlink;

/// <summary>
/// RTM_*ROUTE of rtnetlink(7). Errnos to expect: EEXIST, ENETUNREACH (the gateway is not on a connected network).
/// </summary>
public static class Routes
{
    private const int HeaderSize = 12; // struct rtmsg

    /// <summary>
    /// Adds the default route by <paramref name="gateway"/>, or with <paramref name="replace"/> has it take the place
    /// of the one that is there. A gateway of all zeros is none: everything is sent to the link itself.
    /// </summary>
    public static void AddDefault(NetlinkBatch batch, IPAddress gateway, int linkIndex, bool replace = false)
    {
        NetlinkFlags flags = NetlinkFlags.NLM_F_CREATE
            | (replace ? NetlinkFlags.NLM_F_REPLACE : NetlinkFlags.NLM_F_EXCL);
        batch.Begin(Rtnetlink.RTM_NEWROUTE, flags, "RTM_NEWROUTE", "default");
        bool isLink = gateway.Equals(IPAddress.Any) || gateway.Equals(IPAddress.IPv6Any);
        Span<byte> header = batch.Reserve(HeaderSize);
        header[0] = Addresses.Family(gateway);
        header[4] = Rtnetlink.RT_TABLE_MAIN;
        header[5] = Rtnetlink.RTPROT_BOOT;
        header[6] = isLink ? Rtnetlink.RT_SCOPE_LINK : Rtnetlink.RT_SCOPE_UNIVERSE;
        header[7] = Rtnetlink.RTN_UNICAST;
        if (!isLink) batch.PutAddress(Rtnetlink.RTA_GATEWAY, gateway);
        batch.PutUInt32(Rtnetlink.RTA_OIF, (uint)linkIndex);
    }

    /// <summary>The unicast routes of the main table, both families.</summary>
    public static List<RouteInfo> List(NetlinkSocket socket)
    {
        using var batch = new NetlinkBatch();
        batch.Begin(Rtnetlink.RTM_GETROUTE, NetlinkFlags.NLM_F_DUMP, "RTM_GETROUTE");
        batch.Reserve(HeaderSize);
        return socket.Dump<RouteInfo>(batch, static (m, ref rows) =>
        {
            if (Read(m) is { } row) rows.Add(row);
        });
    }

    internal static RouteInfo? Read(NetlinkMessage message)
    {
        ReadOnlySpan<byte> header = message.Payload;
        if (header[4] != Rtnetlink.RT_TABLE_MAIN || header[7] != Rtnetlink.RTN_UNICAST) return null;
        IPAddress destination = header[0] == Rtnetlink.AF_INET6 ? IPAddress.IPv6Any : IPAddress.Any;
        IPAddress? gateway = null;
        int link = 0;
        NetlinkAttributes attributes = message.Attributes(HeaderSize);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Rtnetlink.RTA_DST) destination = new IPAddress(attributes.Value);
            if (attributes.Type == Rtnetlink.RTA_GATEWAY) gateway = new IPAddress(attributes.Value);
            if (attributes.Type == Rtnetlink.RTA_OIF) link = (int)attributes.UInt32;
        }
        return new RouteInfo(new IPNetwork(destination, header[1]), gateway, link);
    }
}
