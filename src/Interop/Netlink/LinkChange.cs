namespace Skiff.Interop.Netlink;

/// <summary>What Links.Set changes; null fields stay as they are.</summary>
public readonly record struct LinkChange
{
    /// <summary>IFF_UP.</summary>
    public bool? Up { get; init; }

    /// <summary>A new name.</summary>
    public string? Name { get; init; }

    /// <summary>The network namespace that the link moves to, by nsfs descriptor; it loses its addresses.</summary>
    public Fd? Namespace { get; init; }

    /// <summary>Largest packet in bytes.</summary>
    public int? Mtu { get; init; }

    /// <summary>ifindex of the bridge to join; 0 leaves it.</summary>
    public int? Master { get; init; }

    /// <summary>The Ethernet address.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>
    /// A bridge port sends frames back out of the port they came in by (a container reaching its own published port).
    /// </summary>
    public bool? Hairpin { get; init; }

    /// <summary>A bridge port exchanges frames with the ports that are not isolated, and the bridge itself, alone.
    /// </summary>
    public bool? Isolated { get; init; }

    /// <summary>
    /// Makes no IPv6 link-local address (IN6_ADDR_GEN_MODE_NONE), so that a link without IPv6 stays silent.
    /// EAFNOSUPPORT when the kernel runs without IPv6.
    /// </summary>
    public bool NoLinkLocal { get; init; }

    /// <summary>
    /// Of a bridge: what passes from port to port is shown to the hooks of IP, too (needs the module br_netfilter).
    /// </summary>
    public bool? BridgedIsFiltered { get; init; }
}
