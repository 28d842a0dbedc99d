namespace Skiff.Interop.Netlink;

/// <summary>Comparisons (NFT_CMP_*), bytewise.</summary>
public enum NftCompare
{
    /// <summary>Same bytes.</summary>
    Equal = 0,

    /// <summary>Other bytes.</summary>
    NotEqual = 1,
}
