using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>All that a launch program is made of; whoever made a part disposes of it after the launch.</summary>
internal sealed record LaunchParts
{
    /// <summary>The container.</summary>
    public required ContainerConfig Config { get; init; }

    /// <summary>Whom it runs as.</summary>
    public required ProcessUser User { get; init; }

    /// <summary>What is moved into place.</summary>
    public required PreparedMounts Mounts { get; init; }

    /// <summary>The namespace that it enters, or sets up once it is born.</summary>
    public required ContainerNetwork Network { get; init; }

    /// <summary>Namespaces of other containers that it enters.</summary>
    public required ContainerNamespaces Shared { get; init; }

    /// <summary>Its fd 0, 1 and 2.</summary>
    public required ContainerPipes Stdio { get; init; }

    /// <summary>A host directory, which it may enter, to attach the root to before pivot_root.</summary>
    public required string AttachPoint { get; init; }

    /// <summary>The AppArmor profile, or null.</summary>
    public string? AppArmor { get; init; }

    /// <summary>Whether it has a user namespace of its own, and waits for its maps.</summary>
    public bool IsMapped => Config.UidMap.Length > 0;

    /// <summary>Where else it waits.</summary>
    public required StartHooks Hooks { get; init; }

    /// <summary>What is done to it while it waits; null when it doesn't.</summary>
    public LaunchMeeting? Meeting { get; init; }

    /// <summary>Where it waits for its network, before its program runs; null when that is complete.</summary>
    public LaunchMeeting? NetworkMeeting { get; init; }
}
