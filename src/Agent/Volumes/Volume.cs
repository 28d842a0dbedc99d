namespace Skiff.Agent.Volumes;

/// <summary>A volume of the driver local, the only one there is.</summary>
internal sealed record Volume
{
    /// <summary>Unique on the state root.</summary>
    public required string Name { get; init; }

    /// <summary>UTC.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>Nobody has named it: it was made for a container, or by <c>volume create</c> without a name.</summary>
    public bool Anonymous { get; init; }

    /// <summary>As given.</summary>
    public Dictionary<string, string> Labels { get; init; } = [];

    /// <summary>The driver's options (<see cref="VolumeOptions"/>), as given.</summary>
    public Dictionary<string, string> Options { get; init; } = [];

    /// <summary>Whether it is a filesystem, or a directory of the host, that is mounted while somebody uses it; else
    /// its files are in the engine's own directory.</summary>
    public bool IsMounted => Options.ContainsKey("device");

    /// <summary>An option; empty when it was not given.</summary>
    public string Option(string name) => Options.GetValueOrDefault(name, "");
}
