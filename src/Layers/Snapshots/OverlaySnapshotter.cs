using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// The layer is an extracted directory, <c>ROOT/layers/HEX/root</c>, and a record of what its tar had besides,
/// <c>record</c>, from which the tar can be rebuilt; works on every kernel that has overlayfs.
/// </summary>
public sealed class OverlaySnapshotter : ISnapshotter
{
    internal const string Tree = "root", Bytes = "bytes", Record = "record";

    /// <summary>Most threads that make files of one layer; more of them wait for each other in the kernel.</summary>
    private const int MaxThreads = 4;

    private readonly LayerStore _store;

    private static int Threads => Math.Min(Environment.ProcessorCount, MaxThreads) - 1;

    /// <summary>Opens the store; makes nothing.</summary>
    /// <param name="root">The durable state root.</param>
    /// <param name="preloaded">State roots whose layers are there too, and are only read.</param>
    public OverlaySnapshotter(string root, IReadOnlyList<string>? preloaded = null) =>
        _store = new LayerStore(root, Tree, ShadowedContent.Directory, preloaded);

    /// <inheritdoc/>
    public string Name => "overlay";

    /// <inheritdoc/>
    public bool Contains(Digest diffId) => _store.Contains(diffId);

    /// <inheritdoc/>
    public ILayerIngest Begin(Digest? diffId, bool replace = false, IngestLimits? limits = null) =>
        new OverlayIngest(_store, diffId, Threads, replace, limits ?? IngestLimits.Default);

    /// <inheritdoc/>
    public ILayerIngest? Resume(
        Digest diffId, Digest blob, TarDigest tar, out ResumePoint point, CancellationToken cancellation,
        IngestLimits? limits = null) => OverlayIngest.Resume(
            _store, diffId, Threads, blob, tar, out point, limits ?? IngestLimits.Default, cancellation);

    /// <inheritdoc/>
    public IEnumerable<PartialLayer> Partials() => _store.Partials();

    /// <inheritdoc/>
    public long DropPartials(TimeSpan unusedFor) => _store.DropPartials(unusedFor);

    /// <inheritdoc/>
    public IReadOnlyList<string> LowerDirectories(IReadOnlyList<Digest> diffIds)
    {
        var paths = new List<string>(diffIds.Count);
        for (int i = 0; i < diffIds.Count; i++)
        {
            if (LayerStore.ComesAgain(diffIds, i)) continue;
            if (!Contains(diffIds[i]))
                throw LayerStore.Missing(diffIds[i]);
            paths.Add(Path.Combine(_store.Locate(diffIds[i]), Tree));
        }
        return LayerStore.Visible(paths);
    }

    /// <inheritdoc/>
    public void Release(IReadOnlySet<Digest> inUse) { } // Nothing is mounted per layer.

    /// <inheritdoc/>
    public void Remove(IReadOnlyCollection<Digest> diffIds) => _store.Remove(diffIds);

    /// <inheritdoc/>
    public Stream OpenTar(Digest diffId) => Contains(diffId)
        ? new RebuiltTar(diffId, _store.Locate(diffId)) : throw LayerStore.Missing(diffId);

    /// <inheritdoc/>
    public LayerDefect? Check(Digest diffId, Action<long> read, CancellationToken cancellation)
    {
        byte[] piece = ArrayPool<byte>.Shared.Rent(1 << 20);
        try
        {
            using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using Stream tar = OpenTar(diffId);
            while (tar.Read(piece) is > 0 and var count)
            {
                cancellation.ThrowIfCancellationRequested();
                sha256.AppendData(piece.AsSpan(0, count));
                read(count);
            }
            Digest actual = Digest.FromBytes(sha256.GetHashAndReset());
            return actual == diffId ? null : new LayerDefect(
                $"{_store.Locate(diffId)} is damaged: expected {diffId}, got {actual}", TarIsSound: false);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return new LayerDefect(e.Message, TarIsSound: false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <inheritdoc/>
    public void Rebuild(Digest diffId) =>
        throw new NotSupportedException("the files of a layer are the layer: fetch it again");

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
        foreach (Digest diffId in _store.Preloaded()) yield return (diffId, BytesOf(diffId));
    }

    /// <summary>
    /// What the ingest counted; walking the tree again for each <c>system df</c> would cost a stat per file.
    /// </summary>
    private long BytesOf(Digest diffId)
    {
        string path = Path.Combine(_store.Locate(diffId), Bytes);
        Span<byte> text = stackalloc byte[32];
        using Fd fd = Files.Open(path, OpenFlags.O_RDONLY);
        int length = Files.Read(fd, text);
        return Utf8Parser.TryParse(text[..length], out long bytes, out _) ? bytes
            : throw new ImageException($"{path} does not hold a number: remove the layer and pull the image again");
    }
}
