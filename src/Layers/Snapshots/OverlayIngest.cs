using System.Globalization;
using System.Text;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Extracts a layer while its bytes pass, and records what of them the files do not hold. <see cref="LayerTree"/> says
/// where each entry belongs, <see cref="LayerFiles"/> makes it.
/// </summary>
internal sealed partial class OverlayIngest : ILayerIngest, ITarVisitor
{
    private readonly LayerStore _store;
    private readonly Digest? _diffId;
    private readonly bool _replace;
    private string _path;
    private readonly FileLock _lock;
    private readonly LayerFiles _files;
    private readonly TarRecordWriter _record;
    private readonly TarParser _parser;
    private readonly ByteBuffer _name = new();
    private long _appendStart;
    private bool _published;

    internal OverlayIngest(LayerStore store, Digest? diffId, int threads, bool replace, IngestLimits limits)
        : this(store, diffId, threads, limits,
            replace || diffId is null ? store.NewIngest(replace) : store.NewIngest(diffId.Value))
    {
        _replace = replace;
    }

    private OverlayIngest(
        LayerStore store, Digest? diffId, int threads, IngestLimits limits, (string Path, FileLock Lock) directory)
    {
        (_store, _diffId) = (store, diffId);
        (_path, _lock) = directory;
        _parser = new TarParser(this, limits);
        try
        {
            _files = new LayerFiles(_path, _lock.Fd, threads, limits);
            _record = new TarRecordWriter(Files.Open(Path.Combine(_path, OverlaySnapshotter.Record),
                OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x180));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Append(ReadOnlySpan<byte> tar)
    {
        _appendStart = _parser.Position;
        try
        {
            _parser.Append(tar);
        }
        catch (LinuxException e)
        {
            _isRefused = !MayPass(e.Errno);
            throw e.While($"cannot extract layer {_diffId}");
        }
        _record.Write(tar);
    }

    public void Commit(Digest? diffId)
    {
        Digest name = (_diffId ?? diffId)!.Value;
        _parser.Complete();
        try
        {
            long bytes = _files.Bytes + _record.Finish();
            string text = bytes.ToString(CultureInfo.InvariantCulture);
            AtomicFile.Replace(
                Path.Combine(_path, OverlaySnapshotter.Bytes), Encoding.ASCII.GetBytes(text), durable: false);
            _files.Finish();
        }
        catch (LinuxException e)
        {
            throw e.While($"cannot extract layer {_diffId}");
        }
        if (_replace) _store.Replace(_path, name);
        else
        {
            LayerStore.RemoveResumePoint(_path);
            _store.Publish(_path, name);
        }
        _published = true;
    }

    public void Dispose()
    {
        if (_lock.Fd.IsClosed) return;
        _record?.Dispose();
        _files?.Dispose();
        // A replaced tree stays until the next boot: running containers have it for their lower directory.
        if (!(_replace && _published) && !(_isKept && _isSuspended)) _store.DiscardHeld(_path, _lock);
        _lock.Dispose();
    }

    void ITarVisitor.Entry(TarEntry entry)
    {
        _files.Tree.Apply(entry);
        if (_files.Receiving < 0) return;
        int inode = _files.Tree.InodeOf(_files.Receiving);
        if (_files.Tree.Inode(inode).Size == 0) return;
        _files.Tree.PathOf(_files.Receiving, _name);
        _record.MarkFile((int)(_parser.Position - _appendStart), inode, _name.Span);
    }

    void ITarVisitor.Data(long offset, ReadOnlySpan<byte> data)
    {
        if (_files.Receiving < 0) return; // A whiteout with content, which stays in the record.
        int at = (int)(_parser.Position - _appendStart) - data.Length;
        _record.MarkContent(at, data.Length, offset);
        _files.Write(offset, data);
    }

    void ITarVisitor.EndOfData()
    {
        if (_files.Receiving >= 0) _files.EndFile();
    }
}
