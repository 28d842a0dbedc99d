namespace Skiff.Interop.Netlink;

/// <summary>Comparisons (NFT_CMP_*), bytewise.</summary>
public enum NftCompare
{
    /// <summary>Same bytes.</summary>
    Equal = 0,

    /// <summary>Other bytes.</summary>
    NotEqual = 1,

    /// <summary>Fewer, the first byte being the highest.</summary>
    Less = 2,

    /// <summary>As few, or fewer.</summary>
    LessOrEqual = 3,

    /// <summary>As many, or more.</summary>
    GreaterOrEqual = 5,
}
