using SharpCompress.Compressors;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.Xz;
using Skiff.Interop;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Archives;

/// <summary>A tar from a file, a pipe or a server, decompressed by what its first bytes say: gzip, zstd, xz,
/// bzip2.</summary>
internal static class ArchiveInput
{
    private const int ReadBytes = 128 << 10;

    /// <summary>Reads to the end and pushes the plain bytes into <paramref name="tar"/>.</summary>
    /// <exception cref="ImageException">The bytes do not decompress.</exception>
    internal static void Read(Stream file, TarSink tar, IngestLimits limits, CancellationToken cancellation)
    {
        using var decoder = new DecodingSink(tar, limits);
        using Stream input = Decompressing(() => Open(file));
        byte[] piece = new byte[ReadBytes];
        while (Decompressing(() => input.Read(piece, 0, piece.Length)) is > 0 and var count)
        {
            cancellation.ThrowIfCancellationRequested();
            decoder.Append(piece.AsSpan(0, count));
        }
        decoder.Complete();
    }

    /// <summary>Whether a file is not compressed. Its position stays.</summary>
    internal static bool IsPlain(Fd file)
    {
        byte[] head = new byte[TarHeader.BlockSize];
        return Files.PRead(file, head, 0) == head.Length && TarHeader.ChecksumMatches(head);
    }

    // What xz and bzip2 have compressed; gzip and zstd are the decoder's.
    private static Stream Open(Stream file)
    {
        byte[] magic = new byte[6];
        int length = 0;
        while (length < magic.Length && file.Read(magic, length, magic.Length - length) is > 0 and var count)
            length += count;
        var stream = new PeekedStream(magic.AsMemory(0, length), file);
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
        catch (Exception e) when (e is not (LinuxException or ImageException or OperationCanceledException))
        {
            throw new ImageException($"it does not decompress: {e.Message}", e);
        }
    }
}
