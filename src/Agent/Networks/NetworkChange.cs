namespace Skiff.Agent.Networks;

/// <summary>What happens to networks without anybody having asked the engine for it.</summary>
internal enum NetworkChange
{
    /// <summary>The host's end of a running container's interface is gone, down, or has nobody at its other end.
    /// </summary>
    EndpointDown,

    /// <summary>It works again.</summary>
    EndpointUp,

    /// <summary>Another host has an address of a container's, or of this host's.</summary>
    AddressConflict,

    /// <summary>A route or address of the host leads elsewhere with addresses of a network's.</summary>
    PoolClash,

    /// <summary>A bridge was deleted, set down, or has lost an address or a port; it is put back.</summary>
    BridgeRestored,

    /// <summary>The engine's nf_tables table was deleted or changed; it is put back.</summary>
    RulesRestored,

    /// <summary>iptables forwards nothing any more, and got rules that let containers' packets through.</summary>
    ForwardOpened,

    /// <summary>The host has no way out any more.</summary>
    HostLinkDown,

    /// <summary>It has one again.</summary>
    HostLinkUp,

    /// <summary>The host asks other name servers.</summary>
    ResolverChanged,

    /// <summary>The host does not forward any more.</summary>
    ForwardingOff,

    /// <summary>It forwards again.</summary>
    ForwardingOn,

    /// <summary>Policies have denied a packet.</summary>
    Denied,
}
