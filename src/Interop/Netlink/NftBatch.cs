using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Skiff.Interop.Netlink;

/// <summary>
/// One nf_tables transaction (nft(8), nfnetlink): all of it happens or nothing, and packets never see half of it.
/// Tables are of the inet family unless said otherwise. Append requests, then <see cref="Commit"/> once.
/// </summary>
public sealed partial class NftBatch : IDisposable
{
    private const NetlinkFlags Create = NetlinkFlags.NLM_F_CREATE;

    private readonly NetlinkBatch _batch = new();
    private readonly byte _family;
    private uint _setId;

    /// <summary>Begins a transaction.</summary>
    /// <param name="family">NFPROTO_* of its tables.</param>
    public NftBatch(byte family = Nftables.NFPROTO_INET)
    {
        _family = family;
        Frame(Nftables.NFNL_MSG_BATCH_BEGIN);
    }

    /// <summary>True until something is appended.</summary>
    public bool IsEmpty => _batch.Count == 1;

    /// <summary>Creates the table unless it exists.</summary>
    public void AddTable(string table)
    {
        Begin(Nftables.NFT_MSG_NEWTABLE, Create, "NFT_MSG_NEWTABLE", table);
        _batch.PutString(Nftables.NFTA_TABLE_NAME, table);
    }

    /// <summary>Deletes the table and all in it; ENOENT when there is none.</summary>
    public void DeleteTable(string table)
    {
        Begin(Nftables.NFT_MSG_DELTABLE, NetlinkFlags.None, "NFT_MSG_DELTABLE", table);
        _batch.PutString(Nftables.NFTA_TABLE_NAME, table);
    }

    /// <summary>
    /// Creates a base chain with policy accept unless it exists. Lower priorities see packets earlier.
    /// </summary>
    /// <param name="table">Its table.</param>
    /// <param name="chain">Its name.</param>
    /// <param name="type">What its rules may do.</param>
    /// <param name="hook">Where it sits.</param>
    /// <param name="priority">Among the other chains there.</param>
    /// <param name="link">Of <see cref="NftHook.Ingress"/>, the link: ENOENT when there is none such, EOPNOTSUPP when
    /// the kernel has no such hook. Before Linux 6.16 the chain goes with it.</param>
    public void AddChain(
        string table, string chain, NftChainType type, NftHook hook, int priority, string? link = null)
    {
        Begin(Nftables.NFT_MSG_NEWCHAIN, Create, "NFT_MSG_NEWCHAIN", chain);
        _batch.PutString(Nftables.NFTA_CHAIN_TABLE, table);
        _batch.PutString(Nftables.NFTA_CHAIN_NAME, chain);
        int nest = _batch.BeginNest(Nftables.NFTA_CHAIN_HOOK);
        _batch.PutUInt32BigEndian(Nftables.NFTA_HOOK_HOOKNUM, (uint)hook);
        _batch.PutUInt32BigEndian(Nftables.NFTA_HOOK_PRIORITY, (uint)priority);
        if (link is not null) _batch.PutString(Nftables.NFTA_HOOK_DEV, link);
        _batch.EndNest(nest);
        _batch.PutUInt32BigEndian(Nftables.NFTA_CHAIN_POLICY, (uint)NftVerdict.Accept);
        _batch.PutString(Nftables.NFTA_CHAIN_TYPE, type == NftChainType.Nat ? "nat" : "filter");
    }

    /// <summary>Deletes all rules of a chain.</summary>
    public void FlushChain(string table, string chain)
    {
        Begin(Nftables.NFT_MSG_DELRULE, NetlinkFlags.None, "NFT_MSG_DELRULE", chain);
        _batch.PutString(Nftables.NFTA_RULE_TABLE, table);
        _batch.PutString(Nftables.NFTA_RULE_CHAIN, chain);
    }

    /// <summary>Creates a set or map unless it exists.</summary>
    public void AddSet(string table, in NftSet set)
    {
        Begin(Nftables.NFT_MSG_NEWSET, Create, "NFT_MSG_NEWSET", set.Name);
        _batch.PutString(Nftables.NFTA_SET_TABLE, table);
        _batch.PutString(Nftables.NFTA_SET_NAME, set.Name);
        bool isMap = set.Value is { Length: > 0 };
        uint flags = (isMap ? Nftables.NFT_SET_MAP : 0) | (set.IsInterval ? Nftables.NFT_SET_INTERVAL : 0)
            | (set.HasTimeouts ? Nftables.NFT_SET_TIMEOUT : 0);
        bool isConcatenated = set.IsInterval && set.Key.Length > 1;
        if (isConcatenated) flags |= Nftables.NFT_SET_CONCAT;
        _batch.PutUInt32BigEndian(Nftables.NFTA_SET_FLAGS, flags);
        PutType(Nftables.NFTA_SET_KEY_TYPE, Nftables.NFTA_SET_KEY_LEN, set.Key);
        if (set.Value is [NftDataType.Verdict])
            _batch.PutUInt32BigEndian(Nftables.NFTA_SET_DATA_TYPE, Nftables.NFT_DATA_VERDICT);
        else if (isMap) PutType(Nftables.NFTA_SET_DATA_TYPE, Nftables.NFTA_SET_DATA_LEN, set.Value);
        _batch.PutUInt32BigEndian(Nftables.NFTA_SET_ID, ++_setId);
        if (isConcatenated) PutFields(set.Key);
        if (set.Key is [NftDataType.InterfaceName]) PutHostByteOrder();
    }

    /// <summary>Deletes a set or map that no rule uses, with its elements.</summary>
    public void DeleteSet(string table, string set)
    {
        Begin(Nftables.NFT_MSG_DELSET, NetlinkFlags.None, "NFT_MSG_DELSET", set);
        _batch.PutString(Nftables.NFTA_SET_TABLE, table);
        _batch.PutString(Nftables.NFTA_SET_NAME, set);
    }

    /// <summary>
    /// Sends the transaction through a <see cref="NetlinkFamily.NETLINK_NETFILTER"/> socket. On a refusal nothing has
    /// changed.
    /// </summary>
    public NetlinkError TryCommit(NetlinkSocket socket)
    {
        Frame(Nftables.NFNL_MSG_BATCH_END);
        _batch.IsTransaction = true;
        return socket.TryExecute(_batch);
    }

    /// <summary>As <see cref="TryCommit"/>, throwing the first refusal.</summary>
    public void Commit(NetlinkSocket socket)
    {
        if (TryCommit(socket) is { Errno: not Errno.None } error) throw error.ToException();
    }

    /// <inheritdoc/>
    public void Dispose() => _batch.Dispose();

    private void Frame(ushort type)
    {
        _batch.Begin(type, NetlinkFlags.None, "nf_tables transaction");
        WriteHeader(_batch, Nftables.NFPROTO_UNSPEC, Nftables.NFNL_SUBSYS_NFTABLES);
    }

    private void Begin(ushort message, NetlinkFlags flags, string call, string target) =>
        Begin(_batch, message, flags, call, target, _family);

    internal static void Begin(
        NetlinkBatch batch, ushort message, NetlinkFlags flags, string call, string target,
        byte family = Nftables.NFPROTO_INET)
    {
        batch.Begin((ushort)(Nftables.NFNL_SUBSYS_NFTABLES << 8 | message), flags, call, target);
        WriteHeader(batch, family, 0);
    }

    // struct nfgenmsg: family, version, resource id in network order.
    private static void WriteHeader(NetlinkBatch batch, byte family, ushort resource)
    {
        Span<byte> header = batch.Reserve(4);
        header[0] = family;
        header[1] = Nftables.NFNETLINK_V0;
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], resource);
    }

    /// <summary>A field list as the kernel wants it: the length of all fields, and the types six bits each.</summary>
    private void PutType(ushort typeAttribute, ushort lengthAttribute, NftDataType[] fields)
    {
        uint type = 0;
        int length = 0;
        foreach (NftDataType field in fields)
        {
            type = type << 6 | (uint)field;
            // Only fields of a concatenation are padded; a lone one has its own length.
            length += fields.Length == 1 ? SizeOf(field) : (SizeOf(field) + 3) & ~3;
        }
        _batch.PutUInt32BigEndian(typeAttribute, type);
        _batch.PutUInt32BigEndian(lengthAttribute, (uint)length);
    }

    private void PutFields(NftDataType[] fields)
    {
        int description = _batch.BeginNest(Nftables.NFTA_SET_DESC);
        int list = _batch.BeginNest(Nftables.NFTA_SET_DESC_CONCAT);
        foreach (NftDataType field in fields)
        {
            int element = _batch.BeginNest(Nftables.NFTA_LIST_ELEM);
            _batch.PutUInt32BigEndian(Nftables.NFTA_SET_FIELD_LEN, (uint)SizeOf(field));
            _batch.EndNest(element);
        }
        _batch.EndNest(list);
        _batch.EndNest(description);
    }

    /// <summary>
    /// A note for the nft tool, opaque to the kernel: type 0 (key byte order), length 4, value 1 (the host's). Without
    /// it, interface names are listed as empty.
    /// </summary>
    private void PutHostByteOrder()
    {
        Span<byte> note = _batch.Attribute(Nftables.NFTA_SET_USERDATA, 6);
        note[1] = 4;
        MemoryMarshal.Write(note[2..], 1u);
    }

    private static int SizeOf(NftDataType type) => type switch
    {
        NftDataType.InetProtocol or NftDataType.NfProto => 1,
        NftDataType.InetService => 2,
        NftDataType.Ipv4Address => 4,
        _ => 16,
    };
}
