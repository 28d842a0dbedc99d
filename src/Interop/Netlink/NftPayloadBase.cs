namespace Skiff.Interop.Netlink;

/// <summary>Where payload offsets start (NFT_PAYLOAD_*).</summary>
public enum NftPayloadBase
{
    /// <summary>The Ethernet header.</summary>
    LinkLayer = 0,

    /// <summary>The IP header.</summary>
    Network = 1,

    /// <summary>The TCP, UDP or SCTP header.</summary>
    Transport = 2,
}
