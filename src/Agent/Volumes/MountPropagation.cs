namespace Skiff.Agent.Volumes;

/// <summary>How mounts under a bind mount travel between host and container (mount_namespaces(7)).</summary>
internal enum MountPropagation
{
    /// <summary>Docker's default: none, recursively.</summary>
    RPrivate,

    /// <summary>None.</summary>
    Private,

    /// <summary>Both ways, recursively.</summary>
    RShared,

    /// <summary>Both ways.</summary>
    Shared,

    /// <summary>From the host to the container, recursively.</summary>
    RSlave,

    /// <summary>From the host to the container.</summary>
    Slave,
}
