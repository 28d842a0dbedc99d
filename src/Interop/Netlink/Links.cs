using System.Runtime.InteropServices;

namespace Skiff.Interop.Netlink;

/// <summary>
/// RTM_*LINK of rtnetlink(7). The Add, Set and Delete forms append a request to a batch; the others ask at once.
/// Errnos to expect: EEXIST (name taken), ENODEV (no such link), EPERM (no CAP_NET_ADMIN).
/// </summary>
public static class Links
{
    private const int HeaderSize = 16; // struct ifinfomsg

    /// <summary>Creates a bridge, down, with a fixed address so that it does not change with its ports.</summary>
    public static void AddBridge(NetlinkBatch batch, string name, MacAddress mac, int mtu = 0)
    {
        BeginNew(batch, name, 0, up: false);
        PutMac(batch, mac);
        if (mtu > 0) batch.PutUInt32(Rtnetlink.IFLA_MTU, (uint)mtu);
        int info = batch.BeginNest(Rtnetlink.IFLA_LINKINFO);
        batch.PutString(Rtnetlink.IFLA_INFO_KIND, "bridge");
        batch.EndNest(info);
    }

    /// <summary>Creates a veth pair, the far end down and inside its own namespace from the start.</summary>
    public static void AddVeth(NetlinkBatch batch, in VethPair pair)
    {
        BeginNew(batch, pair.Name, 0, pair.Up);
        if (pair.Master > 0) batch.PutUInt32(Rtnetlink.IFLA_MASTER, (uint)pair.Master);
        PutSize(batch, pair.Mtu);
        int info = batch.BeginNest(Rtnetlink.IFLA_LINKINFO);
        batch.PutString(Rtnetlink.IFLA_INFO_KIND, "veth");
        int data = batch.BeginNest(Rtnetlink.IFLA_INFO_DATA);
        int peer = batch.BeginNest(Rtnetlink.VETH_INFO_PEER);
        batch.Reserve(HeaderSize);
        batch.PutString(Rtnetlink.IFLA_IFNAME, pair.PeerName);
        PutSize(batch, pair.Mtu);
        if (pair.PeerMac is { } mac) PutMac(batch, mac);
        if (pair.PeerNamespace is { } ns) batch.PutUInt32(Rtnetlink.IFLA_NET_NS_FD, (uint)ns.Number);
        batch.EndNest(peer);
        batch.EndNest(data);
        batch.EndNest(info);
    }

    /// <summary>Creates a dummy, down: what is sent there is lost.</summary>
    public static void AddDummy(NetlinkBatch batch, string name)
    {
        BeginNew(batch, name, 0, up: false);
        batch.EndNest(BeginKind(batch, "dummy"));
    }

    /// <summary>Creates what carries the frames of one VLAN (802.1Q) of <paramref name="parent"/>, down.</summary>
    public static void AddVlan(NetlinkBatch batch, string name, int parent, ushort id)
    {
        BeginNew(batch, name, 0, up: false);
        batch.PutUInt32(Rtnetlink.IFLA_LINK, (uint)parent);
        int info = BeginKind(batch, "vlan");
        int data = batch.BeginNest(Rtnetlink.IFLA_INFO_DATA);
        MemoryMarshal.Write(batch.Attribute(Rtnetlink.IFLA_VLAN_ID, sizeof(ushort)), id);
        batch.EndNest(data);
        batch.EndNest(info);
    }

    /// <summary>
    /// Creates a macvlan, down. EBUSY: the parent is a bridge's port or has ipvlan links. EINVAL: it has a passthru
    /// link, or others where this is to be one. EOPNOTSUPP: the kernel has no macvlan.
    /// </summary>
    public static void AddMacvlan(NetlinkBatch batch, in ChildLink link, MacvlanMode mode)
    {
        int info = BeginChild(batch, link, "macvlan");
        int data = batch.BeginNest(Rtnetlink.IFLA_INFO_DATA);
        batch.PutUInt32(Rtnetlink.IFLA_MACVLAN_MODE, (uint)mode);
        batch.EndNest(data);
        batch.EndNest(info);
    }

    /// <summary>
    /// Creates an ipvlan, down. The mode is that of all links of the parent, also of those that are there. EBUSY: the
    /// parent is a bridge's port or has macvlan links. EOPNOTSUPP: the kernel has no ipvlan.
    /// </summary>
    public static void AddIpvlan(NetlinkBatch batch, in ChildLink link, IpvlanMode mode, IpvlanFlags flags)
    {
        int info = BeginChild(batch, link, "ipvlan");
        int data = batch.BeginNest(Rtnetlink.IFLA_INFO_DATA);
        MemoryMarshal.Write(batch.Attribute(Rtnetlink.IFLA_IPVLAN_MODE, sizeof(ushort)), (ushort)mode);
        MemoryMarshal.Write(batch.Attribute(Rtnetlink.IFLA_IPVLAN_FLAGS, sizeof(ushort)), (ushort)flags);
        batch.EndNest(data);
        batch.EndNest(info);
    }

    /// <summary>Changes the link <paramref name="index"/>; <paramref name="label"/> names it in errors.</summary>
    public static void Set(NetlinkBatch batch, int index, in LinkChange change, string? label = null)
    {
        batch.Begin(Rtnetlink.RTM_NEWLINK, NetlinkFlags.None, "RTM_NEWLINK", label);
        WriteHeader(batch, index, change.Up);
        PutChange(batch, change);
    }

    /// <summary>
    /// As <see cref="Set(NetlinkBatch, int, in LinkChange, string?)"/>, by name; the name itself can't be changed so.
    /// </summary>
    public static void Set(NetlinkBatch batch, string name, in LinkChange change)
    {
        batch.Begin(Rtnetlink.RTM_NEWLINK, NetlinkFlags.None, "RTM_NEWLINK", name);
        WriteHeader(batch, 0, change.Up);
        batch.PutString(Rtnetlink.IFLA_IFNAME, name);
        PutChange(batch, change with { Name = null });
    }

    /// <summary>
    /// Deletes a link, and with a veth its other end. Slow (tens of milliseconds): the kernel waits for packets in
    /// flight.
    /// </summary>
    public static void Delete(NetlinkBatch batch, string name)
    {
        batch.Begin(Rtnetlink.RTM_DELLINK, NetlinkFlags.None, "RTM_DELLINK", name);
        WriteHeader(batch, 0, null);
        batch.PutString(Rtnetlink.IFLA_IFNAME, name);
    }

    /// <summary>The link called <paramref name="name"/>; null when there is none.</summary>
    public static LinkInfo? Find(NetlinkSocket socket, string name)
    {
        using var batch = new NetlinkBatch();
        batch.Begin(Rtnetlink.RTM_GETLINK, NetlinkFlags.None, "RTM_GETLINK", name);
        WriteHeader(batch, 0, null);
        batch.PutString(Rtnetlink.IFLA_IFNAME, name);
        return Find(socket, batch);
    }

    /// <summary>The link with <paramref name="index"/>; null when there is none.</summary>
    public static LinkInfo? Find(NetlinkSocket socket, int index)
    {
        using var batch = new NetlinkBatch();
        batch.Begin(Rtnetlink.RTM_GETLINK, NetlinkFlags.None, "RTM_GETLINK");
        WriteHeader(batch, index, null);
        return Find(socket, batch);
    }

    /// <summary>All links of the socket's namespace.</summary>
    public static List<LinkInfo> List(NetlinkSocket socket)
    {
        using var batch = new NetlinkBatch();
        batch.Begin(Rtnetlink.RTM_GETLINK, NetlinkFlags.NLM_F_DUMP, "RTM_GETLINK");
        WriteHeader(batch, 0, null);
        batch.PutUInt32(Rtnetlink.IFLA_EXT_MASK, Rtnetlink.RTEXT_FILTER_SKIP_STATS);
        return socket.Dump<LinkInfo>(batch, static (m, ref rows) => rows.Add(Read(m)));
    }

    private static LinkInfo? Find(NetlinkSocket socket, NetlinkBatch batch)
    {
        batch.PutUInt32(Rtnetlink.IFLA_EXT_MASK, Rtnetlink.RTEXT_FILTER_SKIP_STATS);
        LinkInfo? found = null;
        NetlinkError error = socket.TryQuery<LinkInfo?>(batch, static (m, ref found) => found = Read(m), ref found);
        if (error.Errno is not (Errno.None or Errno.ENODEV)) throw error.ToException();
        return found;
    }

    private static void BeginNew(NetlinkBatch batch, string name, int index, bool up)
    {
        batch.Begin(Rtnetlink.RTM_NEWLINK, NetlinkFlags.NLM_F_CREATE | NetlinkFlags.NLM_F_EXCL, "RTM_NEWLINK", name);
        WriteHeader(batch, index, up ? true : null);
        batch.PutString(Rtnetlink.IFLA_IFNAME, name);
    }

    private static int BeginChild(NetlinkBatch batch, in ChildLink link, string kind)
    {
        BeginNew(batch, link.Name, 0, up: false);
        batch.PutUInt32(Rtnetlink.IFLA_LINK, (uint)link.Parent);
        batch.PutUInt32(Rtnetlink.IFLA_NET_NS_FD, (uint)link.Namespace.Number);
        if (link.Mac is { } mac) PutMac(batch, mac);
        return BeginKind(batch, kind);
    }

    private static int BeginKind(NetlinkBatch batch, string kind)
    {
        int info = batch.BeginNest(Rtnetlink.IFLA_LINKINFO);
        batch.PutString(Rtnetlink.IFLA_INFO_KIND, kind);
        return info;
    }

    private static void WriteHeader(NetlinkBatch batch, int index, bool? up)
    {
        Span<byte> header = batch.Reserve(HeaderSize);
        MemoryMarshal.Write(header[4..], index);
        if (up is not { } value) return;
        MemoryMarshal.Write(header[8..], value ? Rtnetlink.IFF_UP : 0u);
        MemoryMarshal.Write(header[12..], Rtnetlink.IFF_UP);
    }

    private static void PutChange(NetlinkBatch batch, in LinkChange change)
    {
        if (change.Name is { } name) batch.PutString(Rtnetlink.IFLA_IFNAME, name);
        if (change.Namespace is { } ns) batch.PutUInt32(Rtnetlink.IFLA_NET_NS_FD, (uint)ns.Number);
        if (change.Mtu is { } mtu) batch.PutUInt32(Rtnetlink.IFLA_MTU, (uint)mtu);
        if (change.Master is { } master) batch.PutUInt32(Rtnetlink.IFLA_MASTER, (uint)master);
        if (change.Mac is { } mac) PutMac(batch, mac);
        if (change.Hairpin is not null || change.Isolated is not null) PutPort(batch, change);
        if (change.NoLinkLocal) PutNoLinkLocal(batch);
        if (change.BridgedIsFiltered is { } filtered) PutBridge(batch, filtered);
    }

    /// <summary>
    /// The kernel uses one queue of a veth unless told otherwise, but makes one for each processor, with its sysfs
    /// directories: asking for one saves a third of the time with two processors and more with more.
    /// </summary>
    private static void PutSize(NetlinkBatch batch, int mtu)
    {
        batch.PutUInt32(Rtnetlink.IFLA_NUM_TX_QUEUES, 1);
        batch.PutUInt32(Rtnetlink.IFLA_NUM_RX_QUEUES, 1);
        if (mtu > 0) batch.PutUInt32(Rtnetlink.IFLA_MTU, (uint)mtu);
    }

    private static void PutMac(NetlinkBatch batch, MacAddress mac) =>
        mac.CopyTo(batch.Attribute(Rtnetlink.IFLA_ADDRESS, 6));

    private static void PutPort(NetlinkBatch batch, in LinkChange change)
    {
        int info = batch.BeginNest(Rtnetlink.IFLA_LINKINFO);
        batch.PutString(Rtnetlink.IFLA_INFO_SLAVE_KIND, "bridge");
        int data = batch.BeginNest(Rtnetlink.IFLA_INFO_SLAVE_DATA);
        if (change.Hairpin is { } hairpin) batch.PutByte(Rtnetlink.IFLA_BRPORT_MODE, hairpin ? (byte)1 : (byte)0);
        if (change.Isolated is { } isolated)
            batch.PutByte(Rtnetlink.IFLA_BRPORT_ISOLATED, isolated ? (byte)1 : (byte)0);
        batch.EndNest(data);
        batch.EndNest(info);
    }

    private static void PutBridge(NetlinkBatch batch, bool filtered)
    {
        int info = batch.BeginNest(Rtnetlink.IFLA_LINKINFO);
        batch.PutString(Rtnetlink.IFLA_INFO_KIND, "bridge");
        int data = batch.BeginNest(Rtnetlink.IFLA_INFO_DATA);
        batch.PutByte(Rtnetlink.IFLA_BR_NF_CALL_IPTABLES, filtered ? (byte)1 : (byte)0);
        batch.PutByte(Rtnetlink.IFLA_BR_NF_CALL_IP6TABLES, filtered ? (byte)1 : (byte)0);
        batch.EndNest(data);
        batch.EndNest(info);
    }

    private static void PutNoLinkLocal(NetlinkBatch batch)
    {
        int families = batch.BeginNest(Rtnetlink.IFLA_AF_SPEC);
        int family = batch.BeginNest(Rtnetlink.AF_INET6);
        batch.PutByte(Rtnetlink.IFLA_INET6_ADDR_GEN_MODE, Rtnetlink.IN6_ADDR_GEN_MODE_NONE);
        batch.EndNest(family);
        batch.EndNest(families);
    }

    internal static LinkInfo Read(NetlinkMessage message)
    {
        ReadOnlySpan<byte> header = message.Payload;
        var link = new LinkInfo
        {
            Index = MemoryMarshal.Read<int>(header[4..]),
            IsUp = (MemoryMarshal.Read<uint>(header[8..]) & Rtnetlink.IFF_UP) != 0,
            HasCarrier = (MemoryMarshal.Read<uint>(header[8..]) & Rtnetlink.IFF_LOWER_UP) != 0,
            Name = "",
            Kind = "",
        };
        NetlinkAttributes attributes = message.Attributes(HeaderSize);
        while (attributes.MoveNext()) link = Read(link, attributes);
        return link;
    }

    private static LinkInfo Read(in LinkInfo link, NetlinkAttributes attribute) => attribute.Type switch
    {
        Rtnetlink.IFLA_IFNAME => link with { Name = attribute.String },
        Rtnetlink.IFLA_MTU => link with { Mtu = (int)attribute.UInt32 },
        Rtnetlink.IFLA_MASTER => link with { Master = (int)attribute.UInt32 },
        Rtnetlink.IFLA_LINK => link with { PeerIndex = (int)attribute.UInt32 },
        Rtnetlink.IFLA_ADDRESS when attribute.Value.Length == 6 =>
            link with { Mac = MacAddress.FromBytes(attribute.Value) },
        Rtnetlink.IFLA_LINKINFO => link with { Kind = ReadKind(attribute.Nested) },
        _ => link,
    };

    private static string ReadKind(NetlinkAttributes info) =>
        info.TryFind(Rtnetlink.IFLA_INFO_KIND) ? info.String : "";
}
