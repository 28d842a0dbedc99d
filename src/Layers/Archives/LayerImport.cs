using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Archives;

/// <summary>Makes a committed layer of a tar of files, and a tar of a tree of files.</summary>
public static class LayerImport
{
    /// <summary>
    /// Streams a tar into the store as one layer, and returns that with the tar's length. When this throws, also by
    /// cancellation, nothing of the layer is left.
    /// </summary>
    /// <param name="store">Where the layer goes; the caller keeps it from being removed until an image has it.</param>
    /// <param name="tar">Plain, or compressed by gzip, zstd, xz or bzip2; is disposed of.</param>
    /// <param name="limits">What is refused for its size; null for the defaults.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ImageException">Not a tar, or one that cannot be a layer.</exception>
    public static (Digest DiffId, long Bytes) Run(
        ISnapshotter store, Stream tar, IngestLimits? limits, CancellationToken cancellation)
    {
        using var digest = new TarDigest();
        using ILayerIngest ingest = store.Begin(null, limits: limits);
        try
        {
            ArchiveInput.Read(tar, Append, limits ?? IngestLimits.Default, cancellation);
        }
        catch (ImageException e) when (e.Kind == ImageErrorKind.Bad)
        {
            throw new ImageException(e.Message, e) { Kind = ImageErrorKind.Invalid };
        }
        Digest diffId = digest.Current();
        if (!store.Contains(diffId)) ingest.Commit(diffId);
        return (diffId, digest.Length);

        void Append(ReadOnlySpan<byte> piece)
        {
            digest.Append(piece);
            ingest.Append(piece);
        }
    }

    /// <summary>A file or a pipe as what <see cref="Run"/> reads; owns the descriptor.</summary>
    public static Stream Input(Fd tar) => new FdStream(tar);

    /// <summary>Writes all files below a directory as a tar, in the order of names.</summary>
    /// <param name="root">The directory, an O_PATH descriptor or a detached mount; it is no entry itself.</param>
    /// <param name="sink">Gets the tar.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <exception cref="ImageException">Something cannot be in a tar; the text names it.</exception>
    public static void Export(Fd root, TarSink sink, CancellationToken cancellation)
    {
        using var tar = new UpperTar($"/proc/self/fd/{root.Number}", sink, cancellation, isLayer: false);
        tar.Write();
    }
}
