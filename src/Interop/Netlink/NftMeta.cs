namespace Skiff.Interop.Netlink;

/// <summary>Facts about a packet (NFT_META_*).</summary>
public enum NftMeta
{
    /// <summary>Incoming interface, 16 bytes.</summary>
    InterfaceName = 6,

    /// <summary>Outgoing interface, 16 bytes.</summary>
    OutputInterfaceName = 7,

    /// <summary>NFPROTO_IPV4 or NFPROTO_IPV6, one byte.</summary>
    NetworkProtocol = 15,

    /// <summary>IPPROTO_*, one byte.</summary>
    TransportProtocol = 16,
}
