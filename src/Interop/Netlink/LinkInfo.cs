namespace Skiff.Interop.Netlink;

/// <summary>A network interface as the kernel describes it.</summary>
public readonly record struct LinkInfo
{
    /// <summary>ifindex; 1 and up.</summary>
    public int Index { get; init; }

    /// <summary>The name, at most 15 bytes.</summary>
    public string Name { get; init; }

    /// <summary>IFF_UP: set up by the administrator.</summary>
    public bool IsUp { get; init; }

    /// <summary>IFF_LOWER_UP: somebody is at the other end.</summary>
    public bool HasCarrier { get; init; }

    /// <summary>Largest packet in bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>ifindex of the bridge that it is a port of; 0 when of none.</summary>
    public int Master { get; init; }

    /// <summary>The other end of a veth, as an index in its own namespace; 0 when there is none.</summary>
    public int PeerIndex { get; init; }

    /// <summary>The Ethernet address; zero on links without one.</summary>
    public MacAddress Mac { get; init; }

    /// <summary>IFLA_INFO_KIND: bridge, veth; empty on physical links.</summary>
    public string Kind { get; init; }
}
