namespace Skiff.Layers.Registry.Configuration;

/// <summary>What <c>registries.json</c> says about the names below one prefix.</summary>
/// <param name="Prefix">A host, or a host and the beginning of a path: <c>docker.io</c>, <c>host:5000/team</c>.</param>
internal sealed record RegistryRule(string Prefix)
{
    /// <summary>What takes the prefix's place, in this order, when something is read.</summary>
    public IReadOnlyList<string> Mirrors { get; init; } = [];

    /// <summary>What takes the prefix's place when no mirror has it, and for writing.</summary>
    public string? Location { get; init; }

    /// <summary>Nothing below the prefix is to be used.</summary>
    public bool Blocked { get; init; }

    /// <summary>How a host is connected to; only for a prefix without path.</summary>
    public RegistryHost Host { get; init; } = RegistryHost.Default;
}
