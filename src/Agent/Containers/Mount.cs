using Skiff.Agent.Volumes;

namespace Skiff.Agent.Containers;

/// <summary>One mount of a container.</summary>
/// <param name="Type"><c>bind</c>, <c>volume</c>, <c>tmpfs</c> or <c>image</c>.</param>
/// <param name="Source">Host path, volume name, the image as it was named, or empty for tmpfs.</param>
/// <param name="Target">Absolute path inside.</param>
/// <param name="ReadOnly">No writes.</param>
/// <param name="NoCopy">Do not fill a new volume from the image.</param>
/// <param name="Propagation">rprivate (default), private, rshared, shared, rslave or slave.</param>
/// <param name="TmpfsOptions">tmpfs mount data such as size=64m,mode=1777.</param>
/// <param name="Anonymous">A volume without a name of its own: removed with the container by <c>rm -v</c> and
/// <c>--rm</c>.</param>
/// <param name="LongForm">Given by <c>--mount</c>: inspect shows it among HostConfig.Mounts.</param>
/// <param name="Relabel"><c>z</c> or <c>Z</c>: its files get the SELinux label that all containers share, or this
/// one's own.</param>
internal sealed record Mount(
    string Type, string Source, string Target, bool ReadOnly = false, bool NoCopy = false,
    string Propagation = "rprivate", string TmpfsOptions = "", bool Anonymous = false,
    bool LongForm = false, string Relabel = "")
{
    /// <summary>What becomes of the mounts below a bind mount's source: <c>disabled</c>, they stay out;
    /// <c>writable</c> or <c>readonly</c>, when it is read-only; empty for Docker's default, which is like the last.
    /// </summary>
    public string Recursive { get; init; } = "";

    /// <summary>A file or directory in the volume or image that is mounted in the place of all of it; empty for
    /// that.</summary>
    public string Subpath { get; init; } = "";

    /// <summary>The driver that was named for a volume: <c>local</c> or nothing.</summary>
    public string VolumeDriver { get; init; } = "";

    /// <summary>The driver's options of a volume that has to be made; null for none.</summary>
    public Dictionary<string, string>? VolumeOptions { get; init; }

    /// <summary>The labels of a volume that has to be made; null for none.</summary>
    public Dictionary<string, string>? VolumeLabels { get; init; }

    /// <summary>Digest of the config of the image that is mounted; empty for other types.</summary>
    public string ImageId { get; init; } = "";

    /// <summary>The layers of that image, base first.</summary>
    public string[] DiffIds { get; init; } = [];

    /// <summary>Its volume, made if it is not there.</summary>
    public Volume VolumeOf(VolumeModule volumes) => volumes.Create(Source, VolumeLabels, VolumeOptions, Anonymous);
}
