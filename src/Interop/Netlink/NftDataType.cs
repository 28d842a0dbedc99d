namespace Skiff.Interop.Netlink;

/// <summary>
/// Field types as the <c>nft</c> tool numbers them; the kernel stores them only for it, so that listings are readable.
/// </summary>
public enum NftDataType
{
    /// <summary>Of a map's value: which chain to go to.</summary>
    Verdict = 1,

    /// <summary>NFPROTO_*, 1 byte.</summary>
    NfProto = 2,

    /// <summary>IPv4 address, 4 bytes.</summary>
    Ipv4Address = 7,

    /// <summary>IPv6 address, 16 bytes.</summary>
    Ipv6Address = 8,

    /// <summary>IPPROTO_*, 1 byte.</summary>
    InetProtocol = 12,

    /// <summary>Port, 2 bytes in network order.</summary>
    InetService = 13,

    /// <summary>Interface name, 16 bytes with trailing NULs.</summary>
    InterfaceName = 41,
}
