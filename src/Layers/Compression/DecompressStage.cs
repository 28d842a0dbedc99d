using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Skiff.Layers.Oci;
using ZstdSharp;

namespace Skiff.Layers.Compression;

/// <summary>
/// The middle stage of a pull: reads compressed bytes from one pipe and writes uncompressed ones to the next, on its
/// own thread. Memory is bounded by the pipes and the decompressor's window.
/// </summary>
internal static class DecompressStage
{
    private const int ChunkBytes = 128 << 10;

    // zstd's own limit for streams that were not made with --long; a hostile frame may ask for up to 2 GiB.
    private const int MaxZstdWindowLog = 27;

    /// <summary>
    /// Runs until the end of the blob, or until the next stage has stopped reading. Completes neither pipe.
    /// </summary>
    /// <exception cref="ImageException">The compressed data is malformed.</exception>
    public static void Run(PipeReader compressed, PipeWriter plain, CancellationToken cancellation)
    {
        CompressionKind kind = Detect(compressed);
        var source = new PipeSource(compressed);
        try
        {
            using Stream decompressed = Open(kind, source);
            if (Copy(decompressed, plain, cancellation)) Drain(source, cancellation);
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw new ImageException($"malformed {kind.ToString().ToLowerInvariant()} data: {e.Message}", e);
        }
    }

    private static CompressionKind Detect(PipeReader compressed)
    {
        ReadResult result = Blocking.Wait(compressed.ReadAtLeastAsync(CompressionMagic.Length));
        Span<byte> head = stackalloc byte[CompressionMagic.Length];
        ReadOnlySequence<byte> first = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, head.Length));
        first.CopyTo(head);
        compressed.AdvanceTo(result.Buffer.Start);
        return CompressionMagic.Detect(head[..(int)first.Length]);
    }

    private static Stream Open(CompressionKind kind, Stream source)
    {
        if (kind == CompressionKind.None) return source;
        if (kind == CompressionKind.Gzip) return new GZipStream(source, CompressionMode.Decompress, leaveOpen: true);
        var zstd = new DecompressionStream(source, ChunkBytes, checkEndOfStream: true, leaveOpen: true);
        zstd.SetParameter(ZstdSharp.Unsafe.ZSTD_dParameter.ZSTD_d_windowLogMax, MaxZstdWindowLog);
        return zstd;
    }

    // False when the next stage has stopped.
    private static bool Copy(Stream from, PipeWriter to, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = from.Read(to.GetSpan(ChunkBytes));
            if (count == 0) return true;
            to.Advance(count);
            if (Blocking.Wait(to.FlushAsync(CancellationToken.None)).IsCompleted) return false;
        }
    }

    // Bytes behind the last member belong to the blob, though not to the layer; the download has to come to its end.
    private static void Drain(PipeSource source, CancellationToken cancellation)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(8 << 10);
        while (source.Read(scratch) > 0) cancellation.ThrowIfCancellationRequested();
        ArrayPool<byte>.Shared.Return(scratch);
    }
}
