using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

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

    /// <summary>
    /// Starts an ingest. Several processes may ingest the same layer; the first commit wins, the others are dropped.
    /// </summary>
    /// <param name="diffId">The layer; null when its bytes are being made, and <see cref="ILayerIngest.Commit"/> is
    /// told what they are.</param>
    /// <param name="replace">The commit takes the place of a layer that is there, in one step; containers that run on
    /// the old one keep it until they end.</param>
    /// <param name="limits">What is refused for its size; null for the defaults.</param>
    ILayerIngest Begin(Digest? diffId, bool replace = false, IngestLimits? limits = null);

    /// <summary>
    /// Takes up an ingest that ended early, by <see cref="ILayerIngest.Suspend"/> or with its process, if
    /// <see cref="ILayerIngest.Keep"/> had been called: reads the bytes again that it had, and makes sure that they are
    /// still those. What comes next is the tar's byte after them.
    /// </summary>
    /// <param name="diffId">The layer.</param>
    /// <param name="blob">The blob that it comes from; what came from another one is of no use.</param>
    /// <param name="tar">Empty; told the bytes that are there.</param>
    /// <param name="point">What was kept.</param>
    /// <param name="cancellation">Looked at between pieces; what was kept stays.</param>
    /// <param name="limits">What is refused for its size; null for the defaults.</param>
    /// <returns>Null when nothing was kept, when it is damaged, or when somebody else has it: then
    /// <see cref="Begin"/>.</returns>
    ILayerIngest? Resume(
        Digest diffId, Digest blob, TarDigest tar, out ResumePoint point, CancellationToken cancellation,
        IngestLimits? limits = null);

    /// <summary>Layers that <see cref="Resume"/> can take up, those that somebody is adding to among them.</summary>
    IEnumerable<PartialLayer> Partials();

    /// <summary>Removes those that nobody has added to for <paramref name="unusedFor"/>; returns the bytes that were
    /// freed.</summary>
    long DropPartials(TimeSpan unusedFor);

    /// <summary>
    /// Read-only directories of the layers, in the order given (base first), for use as overlayfs lowerdirs. Mounts
    /// what is not mounted yet (each layer once per host, below the run root); the mounts stay until
    /// <see cref="Release"/> finds them unused.
    /// A layer that an image has twice is given once, at its upper place, where it hides all that the lower one shows:
    /// overlayfs refuses a directory that comes twice (ELOOP). Layers below one whose root is opaque are left out.
    /// </summary>
    IReadOnlyList<string> LowerDirectories(IReadOnlyList<Digest> diffIds);

    /// <summary>Unmounts layers that no entry of <paramref name="inUse"/> names. Idempotent.</summary>
    void Release(IReadOnlySet<Digest> inUse);

    /// <summary>Deletes committed layers; missing ones are fine. The caller has made sure that nothing uses
    /// them.</summary>
    void Remove(IReadOnlyCollection<Digest> diffIds);

    /// <summary>
    /// The layer's uncompressed tar from its first byte to its last: while the layer is whole, exactly the bytes that
    /// <paramref name="diffId"/> is the SHA-256 of. For `save`, push, and for checking a layer by hashing it again.
    /// Reads forwards only, blocks, and holds no more than small buffers; it knows its length, which the overlay store
    /// has to add up. The caller disposes of it, and keeps the layer from being removed meanwhile.
    /// </summary>
    /// <exception cref="ImageException">No such layer; also from reading, when files of the layer are missing or
    /// short.</exception>
    Stream OpenTar(Digest diffId);

    /// <summary>
    /// Reads a layer whole, from the medium and not from the page cache where the kernel lets it, and compares it with
    /// its DiffId and what was made from it with what it would be made into now. Null when all is well. The caller
    /// keeps the layer from being removed meanwhile.
    /// </summary>
    /// <param name="diffId">The layer; that it is missing is a defect too.</param>
    /// <param name="read">Told the bytes read since the last call.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    LayerDefect? Check(Digest diffId, Action<long> read, CancellationToken cancellation);

    /// <summary>Makes anew what is made from a layer's bytes, after a <see cref="Check"/> that found these
    /// sound.</summary>
    void Rebuild(Digest diffId);

    /// <summary>
    /// Paths in the store's directories that are no layer, no ingest of a living process and no download that can be
    /// taken up again.
    /// </summary>
    /// <param name="needed">Layers that an image or a container has: they are no strays, however broken.</param>
    IReadOnlyList<string> Strays(IReadOnlySet<Digest> needed);

    /// <summary>Removes the strays; the caller has made sure that nobody else works on the store.</summary>
    void RemoveStrays(IReadOnlySet<Digest> needed);

    /// <summary>Committed layers and the bytes that each takes on disk; those alone that can be removed.</summary>
    IEnumerable<(Digest DiffId, long Bytes)> List();

    /// <summary>Layers that are there because a preloaded state root has them, which is only read.</summary>
    IEnumerable<(Digest DiffId, long Bytes)> ListPreloaded();
}
