namespace Skiff.Agent.Networks;

/// <summary>A container that is to be attached.</summary>
/// <param name="ContainerId">Its id.</param>
/// <param name="Endpoints">What it asks of each network.</param>
internal sealed record AttachRequest(string ContainerId, IReadOnlyList<EndpointSettings> Endpoints)
{
    /// <summary>The ports to publish.</summary>
    public IReadOnlyList<PortMapping> Ports { get; init; } = [];

    /// <summary>What it is called everywhere, its name first.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The container's labels.</summary>
    public Dictionary<string, string> Labels { get; init; } = [];
}
