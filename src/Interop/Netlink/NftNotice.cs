using System.Buffers.Binary;

namespace Skiff.Interop.Netlink;

/// <summary>
/// What a notification of nf_tables is about. Those of one transaction come together, and the last of them says whose
/// it was.
/// </summary>
public readonly ref struct NftNotice
{
    private const int HeaderSize = 4; // struct nfgenmsg

    private readonly NetlinkMessage _message;

    /// <summary>Reads a notification.</summary>
    public NftNotice(NetlinkMessage message) => _message = message;

    /// <summary>Whether it ends a transaction (NFT_MSG_NEWGEN).</summary>
    public bool IsEnd => _message.Type == (Nftables.NFNL_SUBSYS_NFTABLES << 8 | Nftables.NFT_MSG_NEWGEN);

    /// <summary>NFPROTO_* of the table.</summary>
    public byte Family => _message.Payload.IsEmpty ? (byte)0 : _message.Payload[0];

    /// <summary>The table that it or what is in it has changed; empty at the end of a transaction.</summary>
    public string Table
    {
        get
        {
            // The first attribute of every kind of object is its table's name.
            NetlinkAttributes attributes = _message.Attributes(HeaderSize);
            return !IsEnd && attributes.TryFind(Nftables.NFTA_TABLE_NAME) ? attributes.String : "";
        }
    }

    /// <summary>At the end of a transaction: the program's name (comm), and its thread's id in the first PID
    /// namespace.</summary>
    public (string Name, int Pid) Process()
    {
        string name = "";
        int pid = 0;
        NetlinkAttributes attributes = _message.Attributes(HeaderSize);
        while (attributes.MoveNext())
        {
            if (attributes.Type == Nftables.NFTA_GEN_PROC_NAME) name = attributes.String;
            if (attributes.Type == Nftables.NFTA_GEN_PROC_PID)
                pid = BinaryPrimitives.ReadInt32BigEndian(attributes.Value);
        }
        return (name, pid);
    }
}
