using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// The layer is its tar: <c>ROOT/layers/HEX/layer.tar</c>, byte for byte what the DiffId names, and
/// <c>layer.erofs</c>, whose inodes point into it. Needs EROFS from plain files (Linux 6.12); <see
/// cref="Snapshotters"/> finds out. Mounts are at <c>RUNROOT/layers/HEX</c>.
/// </summary>
public sealed class ErofsSnapshotter : ISnapshotter
{
    internal const string Tar = "layer.tar", Image = "layer.erofs";
    private readonly LayerStore _store;
    private readonly LayerMounts _mounts;

    /// <summary>Opens the store; makes nothing.</summary>
    /// <param name="root">The durable state root.</param>
    /// <param name="runRoot">The volatile state root.</param>
    /// <param name="preloaded">Durable state roots whose layers are there too, and are only read.</param>
    /// <param name="label">SELinux label of layers that it mounts; empty for none.</param>
    public ErofsSnapshotter(
        string root, string runRoot, IReadOnlyList<string>? preloaded = null, string label = "")
    {
        _store = new LayerStore(root, Image, preloaded: preloaded);
        _mounts = new LayerMounts(runRoot, _store, label);
    }

    /// <inheritdoc/>
    public string Name => "erofs";

    /// <inheritdoc/>
    public bool Contains(Digest diffId) => _store.Contains(diffId);

    /// <inheritdoc/>
    public ILayerIngest Begin(Digest? diffId, bool replace = false, IngestLimits? limits = null) =>
        new ErofsIngest(_store, diffId, replace ? _mounts : null, limits ?? IngestLimits.Default);

    /// <summary>As <see cref="Begin"/>, for a layer whose tar lies in an archive as it is, which stays there.</summary>
    internal ILayerIngest Refer(string archive, long start, IngestLimits limits) =>
        new ReferringIngest(_store, archive, start, limits);

    /// <inheritdoc/>
    public ILayerIngest? Resume(
        Digest diffId, Digest blob, TarDigest tar, out ResumePoint point, CancellationToken cancellation,
        IngestLimits? limits = null) =>
        ErofsIngest.Resume(
            _store, diffId, blob, tar, out point, limits ?? IngestLimits.Default, cancellation);

    /// <inheritdoc/>
    public IEnumerable<PartialLayer> Partials() => _store.Partials();

    /// <inheritdoc/>
    public long DropPartials(TimeSpan unusedFor) => _store.DropPartials(unusedFor);

    /// <inheritdoc/>
    public IReadOnlyList<string> LowerDirectories(IReadOnlyList<Digest> diffIds) => _mounts.Mount(diffIds);

    /// <inheritdoc/>
    public void Release(IReadOnlySet<Digest> inUse) => _mounts.Release(inUse);

    /// <inheritdoc/>
    public void Remove(IReadOnlyCollection<Digest> diffIds)
    {
        foreach (Digest diffId in diffIds) _mounts.Unmount(diffId);
        _store.Remove(diffIds);
    }

    /// <inheritdoc/>
    public Stream OpenTar(Digest diffId)
    {
        if (!Contains(diffId)) throw LayerStore.Missing(diffId);
        return LayerTar.In(_store.Locate(diffId)).OpenStream();
    }

    /// <inheritdoc/>
    public LayerDefect? Check(Digest diffId, Action<long> read, CancellationToken cancellation) =>
        new ErofsCheck(_store.Locate(diffId), read, cancellation).Run(diffId);

    /// <inheritdoc/>
    public void Rebuild(Digest diffId)
    {
        string place = _store.Locate(diffId);
        if (place != _store.PathOf(diffId)) throw new ImageException($"{place} is preloaded, and only read");
        (string path, FileLock held) = _store.NewIngest();
        using (held)
        {
            try
            {
                string made = Path.Combine(path, Image);
                using (Fd image = Files.Open(made, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x180))
                {
                    ErofsCheck.WriteImage(_store.PathOf(diffId), image);
                    Files.Fdatasync(image);
                }
                Files.Rename(made, _store.MarkerOf(diffId));
                AtomicFile.SyncDirectory(_store.PathOf(diffId));
            }
            finally
            {
                _store.Discard(path);
            }
        }
        // The next start mounts the new image; those who have the old one keep it.
        _mounts.Unmount(diffId);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Strays(IReadOnlySet<Digest> needed) => _store.Strays(needed);

    /// <inheritdoc/>
    public void RemoveStrays(IReadOnlySet<Digest> needed) => _store.RemoveStrays(needed);

    /// <inheritdoc/>
    public IEnumerable<(Digest DiffId, long Bytes)> List()
    {
        foreach (Digest diffId in _store.Committed()) yield return (diffId, BytesOf(diffId));
    }

    /// <inheritdoc/>
    public IEnumerable<(Digest DiffId, long Bytes)> ListPreloaded()
    {
        foreach (Digest diffId in _store.Preloaded())
            yield return (diffId, LayerTar.In(_store.Locate(diffId)).Length is { } bytes
                ? bytes + LengthOf(diffId, Image) : BytesOf(diffId));
    }

    private long BytesOf(Digest diffId) => LengthOf(diffId, Tar) + LengthOf(diffId, Image);

    // A damaged layer may lack a file, which must not keep anybody from listing and removing it.
    private long LengthOf(Digest diffId, string file) => Files.TryStatAt(
        Fd.Cwd, Path.Combine(_store.Locate(diffId), file), AtFlags.None, out FileStatus status) == Errno.None
        ? status.Size : 0;
}
