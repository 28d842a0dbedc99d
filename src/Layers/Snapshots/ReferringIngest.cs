using Skiff.Interop;
using Skiff.Layers.Erofs;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// A layer whose tar lies in an archive as it is: nothing is copied, and what is made is the index, which points into
/// the archive.
/// </summary>
/// <param name="store">Where the index goes.</param>
/// <param name="archive">The archive, by an absolute path.</param>
/// <param name="start">Where the tar begins in it, a multiple of 512.</param>
/// <param name="limits">What is refused for its size.</param>
internal sealed class ReferringIngest(LayerStore store, string archive, long start, IngestLimits limits) : ILayerIngest
{
    private readonly ErofsIndex _index = new(limits);
    private string? _path;

    public void Append(ReadOnlySpan<byte> tar) => _index.Append(tar);

    public bool Keep(in ResumePoint point) => false;

    public void Suspend(in ResumePoint point) => Dispose();

    public void Commit(Digest? diffId)
    {
        (_path, FileLock held) = store.NewIngest();
        using (held)
        {
            string made = Path.Combine(_path, ErofsSnapshotter.Image);
            using (Fd tar = Files.Open(archive, OpenFlags.O_RDONLY))
            using (Fd image = Files.Open(made, OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x180))
            {
                _index.Write(tar, start, image);
                Files.Fdatasync(image);
            }
            LayerTar.Refer(_path, archive, start, _index.Position);
            store.Publish(_path, diffId!.Value);
            _path = null;
        }
    }

    public void Dispose()
    {
        if (_path is not null) store.Discard(_path);
        _path = null;
    }
}
