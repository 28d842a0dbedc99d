using Skiff.Interop;
using Skiff.Layers.Erofs;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Appends the bytes to <c>layer.tar</c> and lets the parser look at them; at the end writes the index that it
/// gathered.
/// </summary>
internal sealed partial class ErofsIngest : ILayerIngest
{
    private readonly LayerStore _store;
    private readonly LayerMounts? _replacing;
    private readonly Digest? _diffId;
    private readonly string _path;
    private readonly FileLock _lock;
    private readonly Fd _tar;
    private readonly ErofsIndex _index;
    private WriteBehind _writeBehind;

    /// <param name="store">Where it goes.</param>
    /// <param name="diffId">The layer, if known.</param>
    /// <param name="replacing">When it takes the place of a layer: where that may be mounted.</param>
    /// <param name="limits">What is refused for its size.</param>
    internal ErofsIngest(LayerStore store, Digest? diffId, LayerMounts? replacing, IngestLimits limits)
    {
        _index = new ErofsIndex(limits);
        (_store, _diffId, _replacing) = (store, diffId, replacing);
        (_path, _lock) = replacing is null && diffId is { } name
            ? store.NewIngest(name) : store.NewIngest(replacing is not null);
        try
        {
            _tar = Create(ErofsSnapshotter.Tar);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Append(ReadOnlySpan<byte> tar)
    {
        _index.Append(tar);
        Files.WriteAll(_tar, tar);
        _writeBehind.Grow(_tar, _index.Position);
    }

    public void Commit(Digest? diffId)
    {
        Digest name = (_diffId ?? diffId)!.Value;
        using (Fd image = Create(ErofsSnapshotter.Image))
        {
            _index.Write(_tar, 0, image);
            Files.Fdatasync(_tar);
            _writeBehind.End(_tar, _index.Position);
            Files.Fdatasync(image);
        }
        if (_replacing is null)
        {
            LayerStore.RemoveResumePoint(_path);
            _store.Publish(_path, name);
            return;
        }
        _store.Replace(_path, name);
        // Mounts of the old files outlive them; the next start mounts the new ones.
        _replacing.Unmount(name);
    }

    public void Dispose()
    {
        if (_lock.Fd.IsClosed) return;
        _tar?.Dispose();
        if (!(_isKept && _isSuspended)) _store.DiscardHeld(_path, _lock);
        _lock.Dispose();
    }

    private Fd Create(string name) => Files.Open(
        Path.Combine(_path, name), OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x180);
}
