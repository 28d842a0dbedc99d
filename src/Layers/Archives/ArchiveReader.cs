using SharpCompress.Compressors;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.Xz;
using Skiff.Interop;
using Skiff.Layers.Compression;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Archives;

/// <summary>
/// Takes images out of an archive that streams in: an OCI image layout or what `docker save` writes, as a tar, plain or
/// compressed, from a file or a pipe. Nothing of it is stored but the layers.
/// </summary>
/// <param name="store">Where the layers go; the caller keeps them from being removed.</param>
/// <param name="limits">What is refused for its size; null for the defaults.</param>
public sealed class ArchiveReader(ISnapshotter store, IngestLimits? limits = null)
{
    private const int ReadBytes = 128 << 10;

    private readonly IngestLimits _limits = limits ?? IngestLimits.Default;

    /// <summary>Reads the whole archive; all layers of the images are in the store then.</summary>
    /// <param name="archive">A file or a pipe, at its first byte.</param>
    /// <param name="platform">Which image of several that stand under one name.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    /// <exception cref="ImageException">No archive, or a damaged or hostile one. Layers that came before the fault may
    /// be in the store.</exception>
    public IReadOnlyList<LoadedImage> Read(Fd archive, Platform platform, CancellationToken cancellation)
    {
        using var content = new ArchiveContent(store, _limits);
        try
        {
            Unpack(archive, content, cancellation);
            return new ArchiveImages(content, platform).Read();
        }
        catch (ImageException e)
        {
            throw new ImageException($"cannot take images from the archive: {e.Message}", e);
        }
    }

    private void Unpack(Fd archive, ArchiveContent content, CancellationToken cancellation)
    {
        // The archive may have more entries, and be longer, than any layer.
        var tar = new TarParser(content, IngestLimits.None);
        using var decoder = new DecodingSink(tar.Append, _limits);
        using Stream input = Decompressing(() => Open(archive));
        byte[] piece = new byte[ReadBytes];
        while (Decompressing(() => input.Read(piece)) is > 0 and var count)
        {
            cancellation.ThrowIfCancellationRequested();
            decoder.Append(piece.AsSpan(0, count));
        }
        decoder.Complete();
        tar.Complete();
    }

    // What xz and bzip2 have compressed; gzip and zstd are the decoder's.
    private static Stream Open(Fd archive)
    {
        byte[] magic = new byte[6];
        int length = 0;
        while (length < magic.Length && Files.Read(archive, magic.AsSpan(length)) is > 0 and var count) length += count;
        var stream = new FdStream(archive, magic.AsMemory(0, length));
        return magic switch
        {
            [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0] => new XZStream(stream),
            [(byte)'B', (byte)'Z', (byte)'h', ..] => BZip2Stream.Create(stream, CompressionMode.Decompress, true),
            _ => stream,
        };
    }

    private static T Decompressing<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (Exception e) when (e is not LinuxException)
        {
            throw new ImageException($"it does not decompress: {e.Message}", e);
        }
    }
}
