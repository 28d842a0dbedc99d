namespace Skiff.Agent.Volumes;

/// <summary>
/// A mount that a container asks for, whichever of <c>-v</c>, <c>--mount</c>, <c>--tmpfs</c> or the API's words said
/// so.
/// </summary>
/// <param name="Kind">What it is made from.</param>
/// <param name="Source">A volume's name (empty: anonymous), a host path or an image; empty for memory.</param>
/// <param name="Target">Absolute path in the container.</param>
internal sealed record MountSpec(MountKind Kind, string Source, string Target)
{
    /// <summary>The container cannot write to it.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// A missing host path is made, as a directory (<c>-v</c>, <c>bind-create-src</c>), instead of an error.
    /// </summary>
    public bool CreateSource { get; init; }

    /// <summary>A new volume does not get the image's content at the target.</summary>
    public bool NoCopy { get; init; }

    /// <summary>A file or directory in the volume or image to mount instead of its root; empty for the root.</summary>
    public string Subpath { get; init; } = "";

    /// <summary>Driver of a volume that has to be made; empty for the default.</summary>
    public string Driver { get; init; } = "";

    /// <summary>Options for the driver of a volume that has to be made.</summary>
    public Dictionary<string, string> DriverOptions { get; init; } = [];

    /// <summary>Labels of a volume that has to be made.</summary>
    public Dictionary<string, string> Labels { get; init; } = [];

    /// <summary><c>z</c> or <c>Z</c>: its files get the SELinux label of all containers, or of this one.</summary>
    public string Relabel { get; init; } = "";

    /// <summary>How mounts travel under a bind mount.</summary>
    public MountPropagation Propagation { get; init; } = MountPropagation.RPrivate;

    /// <summary><c>bind-recursive</c>, for what is mounted below the source: <c>disabled</c> leaves it out,
    /// <c>writable</c> leaves it writable, <c>readonly</c> is said aloud what empty is: all alike.</summary>
    public string Recursive { get; init; } = "";

    /// <summary>Size of memory in bytes; null for the kernel's default, half of the host's memory.</summary>
    public long? TmpfsSizeBytes { get; init; }

    /// <summary>Permission bits of the root of memory; null for 1777.</summary>
    public int? TmpfsMode { get; init; }

    /// <summary>Further tmpfs(5) and mount options, as they were given: <c>exec</c>, <c>uid=1000</c>.</summary>
    public IReadOnlyList<string> TmpfsOptions { get; init; } = [];
}
