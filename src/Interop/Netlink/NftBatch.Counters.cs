using System.Buffers.Binary;

namespace Skiff.Interop.Netlink;

/// <summary>Counters with names, which outlive the rules that count.</summary>
public sealed partial class NftBatch
{
    /// <summary>Creates a counter, at 0, unless it exists.</summary>
    public void AddCounter(string table, string counter)
    {
        BeginCounter(_batch, Nftables.NFT_MSG_NEWOBJ, Create, "NFT_MSG_NEWOBJ", table, counter);
        _batch.EndNest(_batch.BeginNest(Nftables.NFTA_OBJ_DATA));
    }

    /// <summary>Deletes a counter that no rule uses.</summary>
    public void DeleteCounter(string table, string counter) =>
        BeginCounter(_batch, Nftables.NFT_MSG_DELOBJ, NetlinkFlags.None, "NFT_MSG_DELOBJ", table, counter);

    /// <summary>All counters of a table; none when there is no such table.</summary>
    public static List<NftCounter> Counters(NetlinkSocket socket, string table)
    {
        using var batch = new NetlinkBatch();
        Begin(batch, Nftables.NFT_MSG_GETOBJ, NetlinkFlags.NLM_F_DUMP, "NFT_MSG_GETOBJ", table);
        batch.PutString(Nftables.NFTA_OBJ_TABLE, table);
        return socket.Dump<NftCounter>(batch, (message, ref rows) =>
        {
            if (Read(message, out string where) is { } counter && where == table) rows.Add(counter);
        });
    }

    private static NftCounter? Read(NetlinkMessage message, out string table)
    {
        table = "";
        string name = "";
        uint type = 0;
        ulong packets = 0, bytes = 0;
        NetlinkAttributes attributes = message.Attributes(4);
        while (attributes.MoveNext())
            switch (attributes.Type)
            {
                case Nftables.NFTA_OBJ_TABLE: table = attributes.String; break;
                case Nftables.NFTA_OBJ_NAME: name = attributes.String; break;
                case Nftables.NFTA_OBJ_TYPE: type = BinaryPrimitives.ReadUInt32BigEndian(attributes.Value); break;
                case Nftables.NFTA_OBJ_DATA:
                    NetlinkAttributes data = attributes.Nested;
                    while (data.MoveNext())
                        if (data.Type == Nftables.NFTA_COUNTER_PACKETS)
                            packets = BinaryPrimitives.ReadUInt64BigEndian(data.Value);
                        else if (data.Type == Nftables.NFTA_COUNTER_BYTES)
                            bytes = BinaryPrimitives.ReadUInt64BigEndian(data.Value);
                    break;
            }
        return type == Nftables.NFT_OBJECT_COUNTER ? new NftCounter(name, packets, bytes) : null;
    }

    private static void BeginCounter(
        NetlinkBatch batch, ushort message, NetlinkFlags flags, string call, string table, string counter)
    {
        Begin(batch, message, flags, call, counter);
        batch.PutString(Nftables.NFTA_OBJ_TABLE, table);
        batch.PutString(Nftables.NFTA_OBJ_NAME, counter);
        batch.PutUInt32BigEndian(Nftables.NFTA_OBJ_TYPE, Nftables.NFT_OBJECT_COUNTER);
    }
}
