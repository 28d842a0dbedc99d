using System.Net;

namespace Skiff.Agent.Networks.Policies;

/// <summary>A container's endpoint, as policies see it.</summary>
internal sealed record PolicyMember
{
    /// <summary>The endpoint's id.</summary>
    public required string Id { get; init; }

    /// <summary>The container's id.</summary>
    public required string ContainerId { get; init; }

    /// <summary>What the container is called, its own name first.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The container's labels.</summary>
    public Dictionary<string, string> Labels { get; init; } = [];

    /// <summary>The network's name.</summary>
    public required string Network { get; init; }

    /// <summary>The network's labels.</summary>
    public Dictionary<string, string> NetworkLabels { get; init; } = [];

    /// <summary>Its addresses.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>Its name for people.</summary>
    public string Name => Names.Count > 0 ? Names[0] : ContainerId[..Math.Min(12, ContainerId.Length)];
}
