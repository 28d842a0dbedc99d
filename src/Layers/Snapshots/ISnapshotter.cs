using Skiff.Layers.Oci;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// The door to a layer store. Two implementations: EROFS (the layer is its tar plus a metadata image) and overlay (the
/// layer is an extracted directory). Layers are named by DiffId and shared by images; several processes may use one
/// store.
/// </summary>
public interface ISnapshotter
{
    /// <summary><c>erofs</c> or <c>overlay</c>.</summary>
    string Name { get; }

    /// <summary>Whether a committed layer is present.</summary>
    bool Contains(Digest diffId);

    /// <summary>Starts an ingest. Several processes may ingest the same layer; the first commit wins, the others are
    /// dropped.</summary>
    ILayerIngest Begin(Digest diffId);

    /// <summary>
    /// Read-only directories of the layers, in the order given (base first), for use as overlayfs lowerdirs. Mounts
    /// what is not mounted yet (each layer once per host, below the run root); the mounts stay until
    /// <see cref="Release"/> finds them unused.
    /// A layer that an image has twice is given once, at its upper place, where it hides all that the lower one shows:
    /// overlayfs refuses a directory that comes twice (ELOOP).
    /// </summary>
    IReadOnlyList<string> LowerDirectories(IReadOnlyList<Digest> diffIds);

    /// <summary>Unmounts layers that no entry of <paramref name="inUse"/> names. Idempotent.</summary>
    void Release(IReadOnlySet<Digest> inUse);

    /// <summary>Deletes a committed layer; a missing one is fine. The caller has made sure that nothing uses
    /// it.</summary>
    void Remove(Digest diffId);

    /// <summary>
    /// The layer's uncompressed tar from its first byte to its last: while the layer is whole, exactly the bytes that
    /// <paramref name="diffId"/> is the SHA-256 of. For `save`, push, and for checking a layer by hashing it again.
    /// Reads forwards only, blocks, and holds no more than small buffers; the caller disposes of it, and keeps the
    /// layer from being removed meanwhile.
    /// </summary>
    /// <exception cref="ImageException">No such layer; also from reading, when files of the layer are missing or
    /// short.</exception>
    Stream OpenTar(Digest diffId);

    /// <summary>Committed layers and the bytes that each takes on disk.</summary>
    IEnumerable<(Digest DiffId, long Bytes)> List();
}
