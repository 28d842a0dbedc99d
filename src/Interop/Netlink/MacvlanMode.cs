namespace Skiff.Interop.Netlink;

#pragma warning disable CA1707 // The kernel's spelling.
/// <summary>How the links of one parent reach each other (IFLA_MACVLAN_MODE).</summary>
public enum MacvlanMode : uint
{
    /// <summary>They don't.</summary>
    MACVLAN_MODE_PRIVATE = 1,

    /// <summary>By a switch outside that sends frames back (802.1Qbg).</summary>
    MACVLAN_MODE_VEPA = 2,

    /// <summary>Directly.</summary>
    MACVLAN_MODE_BRIDGE = 4,

    /// <summary>There is one link only, which has the parent and its Ethernet address for itself.</summary>
    MACVLAN_MODE_PASSTHRU = 8,
}
