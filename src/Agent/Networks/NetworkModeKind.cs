namespace Skiff.Agent.Networks;

/// <summary>Where a container's network namespace comes from.</summary>
internal enum NetworkModeKind
{
    /// <summary>Its own namespace, attached to a network.</summary>
    Network,

    /// <summary>The host's namespace.</summary>
    Host,

    /// <summary>Its own namespace with nothing but loopback.</summary>
    None,

    /// <summary>Another container's namespace.</summary>
    Container,
}
