using System.Buffers.Binary;
using System.Net;

namespace Skiff.Interop.Netlink;

/// <summary>
/// The kernel's table of connections (ctnetlink). NAT is decided once per flow and lives here, so a UDP flow that goes
/// on keeps an old destination until its entry is deleted; and what a firewall lets pass as established is what is in
/// here.
/// </summary>
public static class Conntrack
{
    private const int HeaderSize = 4; // struct nfgenmsg
    private const string CountPath = "/proc/sys/net/netfilter/nf_conntrack_count";

    /// <summary>Whether the calling thread's network namespace has any flow.</summary>
    public static bool Any => Files.TryReadAllText(Fd.Cwd, CountPath, out string count) != Errno.None
        || !count.StartsWith('0');

    /// <summary>
    /// The flows that <paramref name="wanted"/> accepts. Goes through the whole table, empty places too, which are as
    /// many as memory allows (a quarter of a million take 13 ms): not for paths that must stay flat.
    /// </summary>
    public static List<ConntrackFlow> Find(NetlinkSocket netfilter, Func<ConntrackFlow, bool> wanted)
    {
        using var batch = new NetlinkBatch();
        Begin(batch, Nftables.NFPROTO_UNSPEC, Nftables.IPCTNL_MSG_CT_GET, NetlinkFlags.NLM_F_DUMP, "IPCTNL_MSG_CT_GET");
        return netfilter.Dump<ConntrackFlow>(batch, (message, ref rows) =>
        {
            if (Read(message) is { } flow && wanted(flow)) rows.Add(flow);
        });
    }

    /// <summary>Forgets a flow; ENOENT when it ended meanwhile.</summary>
    public static void Delete(NetlinkBatch batch, ConntrackFlow flow)
    {
        Begin(batch, flow.IsIpv6 ? Nftables.NFPROTO_IPV6 : Nftables.NFPROTO_IPV4, Nftables.IPCTNL_MSG_CT_DELETE,
            NetlinkFlags.None, "IPCTNL_MSG_CT_DELETE");
        int tuple = batch.BeginNest(Nftables.CTA_TUPLE_ORIG);
        flow.Tuple.CopyTo(batch.Reserve(flow.Tuple.Length));
        batch.EndNest(tuple);
    }

    private static void Begin(NetlinkBatch batch, byte family, ushort message, NetlinkFlags flags, string call)
    {
        batch.Begin((ushort)(Nftables.NFNL_SUBSYS_CTNETLINK << 8 | message), flags, call);
        Span<byte> header = batch.Reserve(HeaderSize);
        header[0] = family;
        header[1] = Nftables.NFNETLINK_V0;
    }

    private static ConntrackFlow? Read(NetlinkMessage message)
    {
        var original = new ConntrackTuple();
        var reply = new ConntrackTuple();
        byte[] tuple = [];
        NetlinkAttributes attributes = message.Attributes(HeaderSize);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Nftables.CTA_TUPLE_ORIG)
            {
                original = ReadTuple(attributes.Nested);
                tuple = attributes.Value.ToArray();
            }
            if (attributes.Type == Nftables.CTA_TUPLE_REPLY) reply = ReadTuple(attributes.Nested);
        }
        return original is { Source: { } source, Destination: { } destination } && reply.Source is { } answerer
            ? new ConntrackFlow(original.Protocol, source, original.SourcePort, destination, original.DestinationPort,
                answerer, reply.SourcePort, tuple)
            : null;
    }

    private static ConntrackTuple ReadTuple(NetlinkAttributes attributes)
    {
        var tuple = new ConntrackTuple();
        while (attributes.MoveNext())
        {
            if (attributes.Type == Nftables.CTA_TUPLE_IP) ReadAddresses(ref tuple, attributes.Nested);
            if (attributes.Type == Nftables.CTA_TUPLE_PROTO) ReadTransport(ref tuple, attributes.Nested);
        }
        return tuple;
    }

    private static void ReadAddresses(ref ConntrackTuple tuple, NetlinkAttributes addresses)
    {
        while (addresses.MoveNext())
            if (addresses.Type is Nftables.CTA_IP_V4_SRC or Nftables.CTA_IP_V6_SRC)
                tuple.Source = new IPAddress(addresses.Value);
            else if (addresses.Type is Nftables.CTA_IP_V4_DST or Nftables.CTA_IP_V6_DST)
                tuple.Destination = new IPAddress(addresses.Value);
    }

    private static void ReadTransport(ref ConntrackTuple tuple, NetlinkAttributes transport)
    {
        while (transport.MoveNext())
            switch (transport.Type)
            {
                case Nftables.CTA_PROTO_NUM: tuple.Protocol = transport.Value[0]; break;
                case Nftables.CTA_PROTO_SRC_PORT: tuple.SourcePort = Port(transport); break;
                case Nftables.CTA_PROTO_DST_PORT: tuple.DestinationPort = Port(transport); break;
            }
    }

    private static ushort Port(NetlinkAttributes attribute) => BinaryPrimitives.ReadUInt16BigEndian(attribute.Value);

    private struct ConntrackTuple
    {
        public byte Protocol;
        public IPAddress? Source, Destination;
        public ushort SourcePort, DestinationPort;
    }
}
