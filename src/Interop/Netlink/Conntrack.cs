using System.Buffers.Binary;

namespace Skiff.Interop.Netlink;

/// <summary>
/// The kernel's table of connections (ctnetlink). NAT is decided once per flow and lives here, so a UDP flow that goes
/// on keeps an old destination until its entry is deleted.
/// </summary>
public static class Conntrack
{
    private const int HeaderSize = 4; // struct nfgenmsg

    /// <summary>
    /// The IPv4 flows that <paramref name="wanted"/> accepts. Reads the whole table: not for paths that must stay
    /// flat.
    /// </summary>
    public static List<ConntrackFlow> Find(NetlinkSocket netfilter, Func<ConntrackFlow, bool> wanted)
    {
        using var batch = new NetlinkBatch();
        Begin(batch, Nftables.IPCTNL_MSG_CT_GET, NetlinkFlags.NLM_F_DUMP, "IPCTNL_MSG_CT_GET");
        return netfilter.Dump<ConntrackFlow>(batch, (message, ref rows) =>
        {
            ConntrackFlow flow = Read(message);
            if (wanted(flow)) rows.Add(flow);
        });
    }

    /// <summary>Forgets a flow; ENOENT when it ended meanwhile.</summary>
    public static void Delete(NetlinkBatch batch, in ConntrackFlow flow)
    {
        Begin(batch, Nftables.IPCTNL_MSG_CT_DELETE, NetlinkFlags.None, "IPCTNL_MSG_CT_DELETE");
        int tuple = batch.BeginNest(Nftables.CTA_TUPLE_ORIG);
        int addresses = batch.BeginNest(Nftables.CTA_TUPLE_IP);
        batch.PutUInt32BigEndian(Nftables.CTA_IP_V4_SRC, flow.Source);
        batch.PutUInt32BigEndian(Nftables.CTA_IP_V4_DST, flow.Destination);
        batch.EndNest(addresses);
        int transport = batch.BeginNest(Nftables.CTA_TUPLE_PROTO);
        batch.PutByte(Nftables.CTA_PROTO_NUM, flow.Protocol);
        BinaryPrimitives.WriteUInt16BigEndian(batch.Attribute(Nftables.CTA_PROTO_SRC_PORT, 2), flow.SourcePort);
        BinaryPrimitives.WriteUInt16BigEndian(batch.Attribute(Nftables.CTA_PROTO_DST_PORT, 2), flow.DestinationPort);
        batch.EndNest(transport);
        batch.EndNest(tuple);
    }

    private static void Begin(NetlinkBatch batch, ushort message, NetlinkFlags flags, string call)
    {
        batch.Begin((ushort)(Nftables.NFNL_SUBSYS_CTNETLINK << 8 | message), flags, call);
        Span<byte> header = batch.Reserve(HeaderSize);
        header[0] = Nftables.NFPROTO_IPV4;
        header[1] = Nftables.NFNETLINK_V0;
    }

    private static ConntrackFlow Read(NetlinkMessage message)
    {
        ConntrackFlow original = default;
        ConntrackFlow reply = default;
        NetlinkAttributes attributes = message.Attributes(HeaderSize);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Nftables.CTA_TUPLE_ORIG) original = ReadTuple(attributes.Nested);
            if (attributes.Type == Nftables.CTA_TUPLE_REPLY) reply = ReadTuple(attributes.Nested);
        }
        return original with { Answerer = reply.Source };
    }

    private static ConntrackFlow ReadTuple(NetlinkAttributes tuple)
    {
        ConntrackFlow flow = default;
        while (tuple.MoveNext())
        {
            if (tuple.Type == Nftables.CTA_TUPLE_IP) flow = ReadAddresses(flow, tuple.Nested);
            if (tuple.Type == Nftables.CTA_TUPLE_PROTO) flow = ReadTransport(flow, tuple.Nested);
        }
        return flow;
    }

    private static ConntrackFlow ReadAddresses(ConntrackFlow flow, NetlinkAttributes addresses)
    {
        while (addresses.MoveNext())
            flow = addresses.Type switch
            {
                Nftables.CTA_IP_V4_SRC => flow with { Source = Address(addresses) },
                Nftables.CTA_IP_V4_DST => flow with { Destination = Address(addresses) },
                _ => flow,
            };
        return flow;
    }

    private static ConntrackFlow ReadTransport(ConntrackFlow flow, NetlinkAttributes transport)
    {
        while (transport.MoveNext())
            flow = transport.Type switch
            {
                Nftables.CTA_PROTO_NUM => flow with { Protocol = transport.Value[0] },
                Nftables.CTA_PROTO_SRC_PORT => flow with { SourcePort = Port(transport) },
                Nftables.CTA_PROTO_DST_PORT => flow with { DestinationPort = Port(transport) },
                _ => flow,
            };
        return flow;
    }

    private static uint Address(NetlinkAttributes attribute) => BinaryPrimitives.ReadUInt32BigEndian(attribute.Value);

    private static ushort Port(NetlinkAttributes attribute) => BinaryPrimitives.ReadUInt16BigEndian(attribute.Value);
}
