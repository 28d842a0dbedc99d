namespace Skiff.Interop.Netlink;

#pragma warning disable CA1707 // The kernel's spelling.
/// <summary>How the links of one parent reach each other (IFLA_IPVLAN_FLAGS, Linux 4.15); None is directly.</summary>
[Flags]
public enum IpvlanFlags : ushort
{
    /// <summary>Directly.</summary>
    None = 0,

    /// <summary>They don't.</summary>
    IPVLAN_F_PRIVATE = 1,

    /// <summary>By a switch outside that sends frames back.</summary>
    IPVLAN_F_VEPA = 2,
}
