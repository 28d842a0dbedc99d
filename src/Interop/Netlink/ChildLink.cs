namespace Skiff.Interop.Netlink;

/// <summary>A link on top of another one, made directly inside another network namespace.</summary>
public readonly record struct ChildLink
{
    /// <summary>
    /// Its name. Before Linux 6.14 no link of the socket's own namespace may be called so either (EEXIST).
    /// </summary>
    public required string Name { get; init; }

    /// <summary>ifindex of the parent, in the socket's namespace.</summary>
    public required int Parent { get; init; }

    /// <summary>Its Ethernet address; null takes a random one, or the parent's where it has to.</summary>
    public MacAddress? Mac { get; init; }

    /// <summary>Where it is made (an nsfs descriptor, borrowed).</summary>
    public required Fd Namespace { get; init; }
}
