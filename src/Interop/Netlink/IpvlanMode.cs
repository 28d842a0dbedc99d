namespace Skiff.Interop.Netlink;

#pragma warning disable CA1707 // The kernel's spelling.
/// <summary>What the links of one parent, which share its Ethernet address, exchange (IFLA_IPVLAN_MODE).</summary>
public enum IpvlanMode : ushort
{
    /// <summary>Frames, broadcasts included.</summary>
    IPVLAN_MODE_L2 = 0,

    /// <summary>IP packets, by the host's routes; nothing is broadcast and no neighbour asked for.</summary>
    IPVLAN_MODE_L3 = 1,

    /// <summary>As L3, and the host's packet filters see them.</summary>
    IPVLAN_MODE_L3S = 2,
}
