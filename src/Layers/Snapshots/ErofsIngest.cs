using Skiff.Interop;
using Skiff.Layers.Erofs;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Appends the bytes to <c>layer.tar</c> and lets the parser look at them; at the end writes the index that it
/// gathered.
/// </summary>
internal sealed class ErofsIngest : ILayerIngest, ITarVisitor
{
    private const long WritebackBytes = 8 << 20;

    private readonly LayerStore _store;
    private readonly Digest _diffId;
    private readonly string _path;
    private readonly Fd _lock, _tar;
    private readonly LayerTree _tree = new();
    private readonly TarParser _parser;
    private long _writebackStarted;

    internal ErofsIngest(LayerStore store, Digest diffId)
    {
        (_store, _diffId) = (store, diffId);
        (_path, _lock) = store.NewIngest();
        _parser = new TarParser(this);
        _tar = Create(ErofsSnapshotter.Tar);
    }

    public void Append(ReadOnlySpan<byte> tar)
    {
        _parser.Append(tar);
        Files.WriteAll(_tar, tar);
        if (_parser.Position - _writebackStarted < WritebackBytes) return;
        Files.StartWriteback(_tar, _writebackStarted, _parser.Position - _writebackStarted);
        _writebackStarted = _parser.Position;
    }

    public void Commit()
    {
        _parser.Complete();
        // Linux 6.12 to 6.18 give EIO for a device's last block that its file does not fill.
        if (_parser.EndsWithoutPadding)
            throw new ImageException(
                "the tar ends without padding after its last file, which the EROFS store cannot keep");
        using (Fd image = Create(ErofsSnapshotter.Image))
        {
            ErofsWriter.Write(_tree, _parser.Position, image);
            Files.Fdatasync(_tar);
            Files.Fdatasync(image);
        }
        _store.Publish(_path, _diffId);
    }

    public void Dispose()
    {
        if (_lock.IsClosed) return;
        _tar.Dispose();
        if (Files.Exists(_path)) _store.Discard(_path);
        _lock.Dispose();
    }

    private Fd Create(string name) => Files.Open(
        Path.Combine(_path, name), OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x180);

    void ITarVisitor.Entry(TarEntry entry) => _tree.Apply(entry);

    void ITarVisitor.Data(ReadOnlySpan<byte> data) { }

    void ITarVisitor.EndOfData() { }
}
