namespace Skiff.Interop.Netlink;

/// <summary>What a rule decides.</summary>
public enum NftVerdict
{
    /// <summary>The packet is gone (NF_DROP).</summary>
    Drop = 0,

    /// <summary>This base chain is content (NF_ACCEPT).</summary>
    Accept = 1,

    /// <summary>The chain that jumped here goes on (NFT_RETURN).</summary>
    Return = -5,
}
