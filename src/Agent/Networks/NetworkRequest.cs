namespace Skiff.Agent.Networks;

/// <summary>What <c>network create</c> asks for, as the user wrote it.</summary>
/// <param name="Name">The network's name.</param>
internal sealed record NetworkRequest(string Name)
{
    /// <summary>The driver.</summary>
    public string Driver { get; init; } = "bridge";

    /// <summary>IPv4 addresses; null is the default, which is yes.</summary>
    public bool? HasIpv4 { get; init; }

    /// <summary>IPv6 addresses; null is the default: when a subnet says so.</summary>
    public bool? HasIpv6 { get; init; }

    /// <summary>No way out.</summary>
    public bool IsInternal { get; init; }

    /// <summary>Of swarms.</summary>
    public bool IsAttachable { get; init; }

    /// <summary>A server on the parent's network gives the addresses.</summary>
    public bool UsesDhcp { get; init; }

    /// <summary>CIDR.</summary>
    public IReadOnlyList<string> Subnets { get; init; } = [];

    /// <summary>CIDR within a subnet.</summary>
    public IReadOnlyList<string> Ranges { get; init; } = [];

    /// <summary>Addresses within a subnet each.</summary>
    public IReadOnlyList<string> Gateways { get; init; } = [];

    /// <summary>Addresses within a subnet that others have, by name.</summary>
    public Dictionary<string, string> Auxiliary { get; init; } = [];

    /// <summary>For the driver.</summary>
    public Dictionary<string, string> Options { get; init; } = [];

    /// <summary>Of the user's.</summary>
    public Dictionary<string, string> Labels { get; init; } = [];
}
