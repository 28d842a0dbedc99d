using System.Buffers.Binary;

namespace Skiff.Interop.Netlink;

public sealed partial class NftBatch
{
    /// <summary>An attribute's length is 16 bits, so a long list of elements becomes several requests.</summary>
    private const int ElementsPerRequest = 400;

    private (ushort Message, NetlinkFlags Flags, string Table, string Set) _list;
    private int _elementsNest;
    private int _elements;

    /// <summary>
    /// Starts a list of elements to add; <see cref="Element"/> follows, <see cref="EndElements"/> closes it. An
    /// element that exists with the same value is fine; with another value, or with <paramref name="exclusive"/>
    /// always, it is EEXIST.
    /// </summary>
    public void BeginAddElements(string table, string set, bool exclusive = false) =>
        BeginElements((Nftables.NFT_MSG_NEWSETELEM, exclusive ? Create | NetlinkFlags.NLM_F_EXCL : Create, table, set));

    /// <summary>Starts a list of elements to delete; ENOENT when one is missing.</summary>
    public void BeginDeleteElements(string table, string set) =>
        BeginElements((Nftables.NFT_MSG_DELSETELEM, NetlinkFlags.None, table, set));

    /// <summary>
    /// One element; fields are padded to 4 bytes each by the caller. <paramref name="value"/> is empty for sets, and
    /// <paramref name="lastKey"/> unless the set has ranges of several fields.
    /// </summary>
    public void Element(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> value = default, bool isIntervalEnd = false,
        ReadOnlySpan<byte> lastKey = default)
    {
        int element = BeginElement();
        if (isIntervalEnd) _batch.PutUInt32BigEndian(Nftables.NFTA_SET_ELEM_FLAGS, Nftables.NFT_SET_ELEM_INTERVAL_END);
        PutData(Nftables.NFTA_SET_ELEM_KEY, key);
        if (!lastKey.IsEmpty) PutData(Nftables.NFTA_SET_ELEM_KEY_END, lastKey);
        if (!value.IsEmpty) PutData(Nftables.NFTA_SET_ELEM_DATA, value);
        _batch.EndNest(element);
    }

    /// <summary>One element of a map of verdicts: whose key it is goes on in <paramref name="chain"/>.</summary>
    public void ElementTo(ReadOnlySpan<byte> key, string chain)
    {
        int element = BeginElement();
        PutData(Nftables.NFTA_SET_ELEM_KEY, key);
        int data = _batch.BeginNest(Nftables.NFTA_SET_ELEM_DATA);
        PutVerdict(Nftables.NFT_GOTO, chain);
        _batch.EndNest(data);
        _batch.EndNest(element);
    }

    /// <summary>One element that goes by itself after this time.</summary>
    public void ElementFor(ReadOnlySpan<byte> key, TimeSpan time)
    {
        int element = BeginElement();
        PutData(Nftables.NFTA_SET_ELEM_KEY, key);
        BinaryPrimitives.WriteUInt64BigEndian(
            _batch.Attribute(Nftables.NFTA_SET_ELEM_TIMEOUT, 8), (ulong)time.TotalMilliseconds);
        _batch.EndNest(element);
    }

    /// <summary>Closes the list.</summary>
    public void EndElements() => _batch.EndNest(_elementsNest);

    /// <summary>Deletes all elements of a set or map.</summary>
    public void FlushSet(string table, string set)
    {
        Begin(Nftables.NFT_MSG_DELSETELEM, NetlinkFlags.None, "NFT_MSG_DELSETELEM", set);
        _batch.PutString(Nftables.NFTA_SET_ELEM_LIST_TABLE, table);
        _batch.PutString(Nftables.NFTA_SET_ELEM_LIST_SET, set);
    }

    /// <summary>
    /// Whether the set holds <paramref name="key"/>: one cheap question that also tells whether table and set exist.
    /// </summary>
    public static bool Contains(NetlinkSocket socket, string table, string set, ReadOnlySpan<byte> key)
    {
        using var batch = new NetlinkBatch();
        Begin(batch, Nftables.NFT_MSG_GETSETELEM, NetlinkFlags.None, "NFT_MSG_GETSETELEM", set);
        batch.PutString(Nftables.NFTA_SET_ELEM_LIST_TABLE, table);
        batch.PutString(Nftables.NFTA_SET_ELEM_LIST_SET, set);
        int list = batch.BeginNest(Nftables.NFTA_SET_ELEM_LIST_ELEMENTS);
        int element = batch.BeginNest(Nftables.NFTA_LIST_ELEM);
        int data = batch.BeginNest(Nftables.NFTA_SET_ELEM_KEY);
        batch.Put(Nftables.NFTA_DATA_VALUE, key);
        batch.EndNest(data);
        batch.EndNest(element);
        batch.EndNest(list);
        NetlinkError error = socket.TryExecute(batch);
        if (error.Errno is not (Errno.None or Errno.ENOENT)) throw error.ToException();
        return error.Errno == Errno.None;
    }

    private int BeginElement()
    {
        if (++_elements > ElementsPerRequest)
        {
            EndElements();
            BeginElements(_list);
            _elements = 1;
        }
        return _batch.BeginNest(Nftables.NFTA_LIST_ELEM);
    }

    private void BeginElements((ushort Message, NetlinkFlags Flags, string Table, string Set) list)
    {
        _list = list;
        _elements = 0;
        string call = list.Message == Nftables.NFT_MSG_NEWSETELEM ? "NFT_MSG_NEWSETELEM" : "NFT_MSG_DELSETELEM";
        Begin(list.Message, list.Flags, call, list.Set);
        _batch.PutString(Nftables.NFTA_SET_ELEM_LIST_TABLE, list.Table);
        _batch.PutString(Nftables.NFTA_SET_ELEM_LIST_SET, list.Set);
        _elementsNest = _batch.BeginNest(Nftables.NFTA_SET_ELEM_LIST_ELEMENTS);
    }

    private void PutData(ushort attribute, ReadOnlySpan<byte> value)
    {
        int nest = _batch.BeginNest(attribute);
        _batch.Put(Nftables.NFTA_DATA_VALUE, value);
        _batch.EndNest(nest);
    }
}
