using System.Text;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Archives;

/// <summary>
/// What an archive of images holds, taken in as its tar passes: layers go into the store at once, JSON documents are
/// kept, links remembered, all by their paths. Which file is what, its first bytes tell, since the lists of images may
/// come last.
/// </summary>
/// <param name="store">Where the layers go; the caller keeps them from being removed.</param>
/// <param name="limits">What is refused of a layer for its size.</param>
/// <param name="progress">Told about layers as they come.</param>
internal sealed class ArchiveContent(ISnapshotter store, IngestLimits limits, ILayerProgress? progress = null)
    : ITarVisitor, IDisposable
{
    // Configs and manifests of all images together: some hundred kilobytes are usual. What is beyond that, as lists of
    // an image's ingredients may be, is passed by.
    private const long MaxDocumentBytes = 64 << 20;

    // What is remembered of files and links, besides their content; some 40,000 of them.
    private const int MaxNameBytes = 8 << 20, BytesOfOne = 128;

    private const int MaxLinks = 8;

    private readonly Dictionary<string, byte[]> _documents = [];
    private readonly HashSet<string> _tooLarge = [];
    private readonly Dictionary<string, ArchivedLayer> _layers = [];
    private readonly Dictionary<string, string> _links = [];
    private readonly ByteBuffer _clean = new(), _head = new(), _document = new();
    private string _path = "", _layerId = "";
    private long _size, _offset, _layerBytes, _documentBytes, _nameBytes;
    private bool _isDecided, _isDocument, _isSparse;
    private LayerEntry? _layer;

    /// <summary>The archive, where layers may stay in it; see <see cref="ArchiveReader"/>.</summary>
    internal string? File { get; set; }

    /// <summary>The JSON document at a path, or what a link there stands for; null when there is none.</summary>
    /// <exception cref="ImageException">There is one that is too large.</exception>
    internal byte[]? Document(string path) => _tooLarge.Contains(Resolve(path))
        ? throw new ImageException($"{path} in the archive is too large: a manifest, config or list may have "
            + $"{ImageConfig.MaxBytes} bytes; if you made the archive, make it anew")
        : _documents.GetValueOrDefault(Resolve(path));

    /// <summary>The layer at a path, or what a link there stands for; null when there is none.</summary>
    internal ArchivedLayer? Layer(string path) =>
        _layers.TryGetValue(Resolve(path), out ArchivedLayer layer) ? layer : null;

    /// <summary>All documents.</summary>
    internal IReadOnlyCollection<byte[]> Documents => _documents.Values;

    /// <inheritdoc/>
    public void Entry(TarEntry entry)
    {
        _path = PathOf(entry.Path);
        (_size, _offset, _isSparse) = (entry.Size, entry.DataOffset, entry.Map is not null);
        _nameBytes += BytesOfOne + entry.Path.Length + entry.LinkPath.Length;
        if (_nameBytes > MaxNameBytes) throw new ImageException(
            $"it has too many files: their names and links may take {MaxNameBytes} bytes");
        (_isDecided, _isDocument) = (false, false);
        _head.Clear();
        switch (entry.Type)
        {
            case TarEntryType.Symlink:
                _links[_path] = PathOf([.. Directory(entry.Path), .. entry.LinkPath]);
                break;
            case TarEntryType.HardLink:
                _links[_path] = PathOf(entry.LinkPath);
                break;
            case TarEntryType.Regular:
                Forget();
                break;
        }
    }

    /// <inheritdoc/>
    public void Data(long offset, ReadOnlySpan<byte> data)
    {
        if (!_isDecided)
        {
            int missing = Math.Min(data.Length, TarHeader.BlockSize - _head.Length);
            _head.Append(data[..missing]);
            if (_head.Length < TarHeader.BlockSize) return;
            Decide();
            data = data[missing..];
        }
        Take(data);
    }

    /// <inheritdoc/>
    public void EndOfData()
    {
        if (!_isDecided) Decide();
        if (_isDocument) _documents[_path] = _document.Span.ToArray();
        if (_layer is null) return;
        using LayerEntry layer = _layer;
        _layer = null;
        ArchivedLayer taken = Located(layer.Commit);
        if (_path.StartsWith(ArchiveNames.Sha256Blobs, StringComparison.Ordinal)
            && _path != ArchiveNames.Blob(taken.Blob)) throw new ImageException(
                $"{_path} in the archive has digest {taken.Blob}");
        _layers[_path] = taken;
        Report(_size);
    }

    /// <inheritdoc/>
    public void Dispose() => _layer?.Dispose();

    private void Decide()
    {
        _isDecided = true;
        ReadOnlySpan<byte> head = _head.Span;
        if (ArchiveFile.IsLayer(head))
        {
            if (!TakeFromStore()) BeginLayer();
        }
        else if (ArchiveFile.IsJson(head) && _size > ImageConfig.MaxBytes)
            _tooLarge.Add(_path);
        else if (ArchiveFile.IsJson(head) && _size <= MaxDocumentBytes - _documentBytes)
        {
            _documentBytes += _size;
            _isDocument = true;
            _document.Clear();
        }
        Take(head);
    }

    private void BeginLayer()
    {
        IngestLimits its = limits.ForBlob(_size);
        bool stays = CompressionMagic.Detect(_head.Span) == CompressionKind.None && !_isSparse;
        _layer = new LayerEntry(store, its, stays && File is { } file && store is ErofsSnapshotter erofs
            ? erofs.Refer(file, _offset, its) : store.Begin(null, limits: its));
        (_layerId, _layerBytes) = (ArchiveNames.LayerId(_path), 0);
        Report(0);
    }

    private void Report(long doneBytes) =>
        progress?.Report(new LayerProgress(_layerId, LayerState.Loading, doneBytes, _size));

    // A blob that is called by its digest, which the store has as a layer: what comes need not be looked at.
    private bool TakeFromStore()
    {
        if (!_path.StartsWith(ArchiveNames.Sha256Blobs, StringComparison.Ordinal)
            || !Digest.TryParse("sha256:" + _path[ArchiveNames.Sha256Blobs.Length..], out Digest diffId)
            || !store.Contains(diffId)) return false;
        _layers[_path] = new ArchivedLayer(diffId, diffId, _size);
        return true;
    }

    private void Take(ReadOnlySpan<byte> data)
    {
        if (_isDocument) _document.Append(data);
        if (_layer is not { } layer) return;
        try
        {
            layer.Append(data);
            _layerBytes += data.Length;
            // That all of it is there is told when the store has it.
            if (_layerBytes < _size) Report(_layerBytes);
        }
        catch (ImageException e)
        {
            throw At(e);
        }
    }

    private ArchivedLayer Located(Func<ArchivedLayer> commit)
    {
        try
        {
            return commit();
        }
        catch (ImageException e)
        {
            throw At(e);
        }
    }

    private ImageException At(ImageException e) => new($"layer {_path} in the archive: {e.Message}", e);

    // What comes later under the same name takes the earlier one's place.
    private void Forget()
    {
        _links.Remove(_path);
        _documents.Remove(_path);
        _tooLarge.Remove(_path);
        _layers.Remove(_path);
    }

    private string Resolve(string path)
    {
        for (int i = 0; i < MaxLinks && _links.TryGetValue(path, out string? target); i++) path = target;
        return path;
    }

    private string PathOf(ReadOnlySpan<byte> name)
    {
        TarPath.Clean(name, _clean, limits);
        return Encoding.UTF8.GetString(_clean.Span);
    }

    private static ReadOnlySpan<byte> Directory(ReadOnlySpan<byte> path) => path[..(path.LastIndexOf((byte)'/') + 1)];
}
