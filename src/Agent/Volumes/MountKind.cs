namespace Skiff.Agent.Volumes;

/// <summary>What a mount of a container is made from.</summary>
internal enum MountKind
{
    /// <summary>A volume, by name or anonymous.</summary>
    Volume,

    /// <summary>A file or directory of the host.</summary>
    Bind,

    /// <summary>Memory.</summary>
    Tmpfs,

    /// <summary>The files of an image, which cannot be written to.</summary>
    Image,
}
