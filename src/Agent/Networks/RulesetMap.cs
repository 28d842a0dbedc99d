namespace Skiff.Agent.Networks;

/// <summary>The ways in which a port of a container's is published.</summary>
internal enum RulesetMap
{
    /// <summary>On all addresses of the host.</summary>
    AnyAddress,

    /// <summary>On one of them.</summary>
    OneAddress,

    /// <summary>On the container's own address, where others have a route to it.</summary>
    Reachable,
}
