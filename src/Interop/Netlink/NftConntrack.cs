namespace Skiff.Interop.Netlink;

/// <summary>Facts about a connection (NFT_CT_*).</summary>
public enum NftConntrack
{
    /// <summary>Bit set of NF_CT_STATE_BIT.</summary>
    State = 0,

    /// <summary>0 original, 1 reply.</summary>
    Direction = 1,

    /// <summary>Bit set of IPS_*.</summary>
    Status = 2,
}
