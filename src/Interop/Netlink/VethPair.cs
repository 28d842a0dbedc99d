namespace Skiff.Interop.Netlink;

/// <summary>A veth pair whose far end is made directly inside another network namespace.</summary>
public readonly record struct VethPair
{
    /// <summary>The near end's name.</summary>
    public required string Name { get; init; }

    /// <summary>ifindex of the bridge that the near end joins; 0 for none.</summary>
    public int Master { get; init; }

    /// <summary>Sets the near end up at once.</summary>
    public bool Up { get; init; }

    /// <summary>Largest packet in bytes, both ends; 0 for the kernel's 1500.</summary>
    public int Mtu { get; init; }

    /// <summary>The far end's name.</summary>
    public required string PeerName { get; init; }

    /// <summary>The far end's address; null lets the kernel choose.</summary>
    public MacAddress? PeerMac { get; init; }

    /// <summary>The far end's namespace (an nsfs descriptor, borrowed); null for the socket's own.</summary>
    public Fd? PeerNamespace { get; init; }
}
