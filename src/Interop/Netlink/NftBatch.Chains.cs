using System.Buffers.Binary;

namespace Skiff.Interop.Netlink;

/// <summary>Chains that others jump to.</summary>
public sealed partial class NftBatch
{
    /// <summary>Creates a chain unless it exists.</summary>
    public void AddChain(string table, string chain)
    {
        Begin(Nftables.NFT_MSG_NEWCHAIN, Create, "NFT_MSG_NEWCHAIN", chain);
        _batch.PutString(Nftables.NFTA_CHAIN_TABLE, table);
        _batch.PutString(Nftables.NFTA_CHAIN_NAME, chain);
    }

    /// <summary>Deletes a chain without rules; ENOENT when there is none, EBUSY when one jumps to it.</summary>
    public void DeleteChain(string table, string chain)
    {
        Begin(Nftables.NFT_MSG_DELCHAIN, NetlinkFlags.None, "NFT_MSG_DELCHAIN", chain);
        _batch.PutString(Nftables.NFTA_CHAIN_TABLE, table);
        _batch.PutString(Nftables.NFTA_CHAIN_NAME, chain);
    }

    /// <summary>Deletes one rule; ENOENT when it is gone.</summary>
    public void DeleteRule(string table, string chain, ulong handle)
    {
        FlushChain(table, chain);
        BinaryPrimitives.WriteUInt64BigEndian(_batch.Attribute(Nftables.NFTA_RULE_HANDLE, 8), handle);
    }

    /// <summary>Counts packets and bytes.</summary>
    public void Counter()
    {
        (int e, int d) = BeginExpression("counter");
        EndExpression(e, d);
    }

    /// <summary>Goes on in another chain, and here if that decides nothing.</summary>
    public void Jump(string chain)
    {
        (int e, int d) = BeginExpression("immediate");
        _batch.PutUInt32BigEndian(Nftables.NFTA_IMMEDIATE_DREG, Nftables.NFT_REG_VERDICT);
        int data = _batch.BeginNest(Nftables.NFTA_IMMEDIATE_DATA);
        PutVerdict(Nftables.NFT_JUMP, chain);
        _batch.EndNest(data);
        EndExpression(e, d);
    }
}
