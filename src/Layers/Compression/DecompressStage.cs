using System.Buffers;
using System.IO.Pipelines;
using System.Numerics;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Skiff.Layers.Compression;

/// <summary>
/// The middle stage of a pull: reads compressed bytes from one pipe and writes uncompressed ones to the next, on its
/// own thread. Memory is bounded by the pipes and the decompressor's window.
/// </summary>
internal static class DecompressStage
{
    private const int ChunkBytes = 128 << 10;

    // What the library takes for its limit.
    private const int MinZstdWindowLog = 10, MaxZstdWindowLog = 31;

    // The rest of a segment that is worth going on with, rather than taking the next one.
    private const int MinOutputBytes = 4 << 10;

    /// <summary>
    /// Runs until the end of the blob, or until the next stage has stopped reading. Completes neither pipe.
    /// </summary>
    /// <exception cref="ImageException">The compressed data is malformed.</exception>
    public static void Run(
        PipeReader compressed, PipeWriter plain, CancellationToken cancellation, IngestLimits? limits = null)
    {
        CompressionKind kind = Detect(compressed);
        if (kind == CompressionKind.Gzip)
        {
            Gunzip(new GzipDecoder(), compressed, plain, cancellation);
            return;
        }
        long window = (limits ?? IngestLimits.Default).ZstdWindowBytes;
        var source = new PipeSource(compressed);
        try
        {
            using Stream decompressed = kind == CompressionKind.None ? source : OpenZstd(source, window);
            if (Copy(decompressed, plain, cancellation)) Drain(source, cancellation);
        }
        catch (ZstdException e) when (e.Code == ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge)
        {
            throw IngestLimits.Exceeded("zstd-window", window, "malformed zstd data: a frame asks for a larger window");
        }
        catch (Exception e) when (e is ZstdException or EndOfStreamException)
        {
            throw new ImageException($"malformed zstd data: {e.Message}", e);
        }
    }

    /// <summary>The same for what is known to be gzip, from where the decoder stands.</summary>
    /// <exception cref="ImageException">The compressed data is malformed.</exception>
    public static void Gunzip(
        GzipDecoder decoder, PipeReader compressed, PipeWriter plain, CancellationToken cancellation)
    {
        while (true)
        {
            ReadResult result = Blocking.Wait(compressed.ReadAsync(CancellationToken.None));
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                if (!Gunzip(decoder, segment.Span, plain, cancellation))
                    return;
            compressed.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) break;
        }
        if (!decoder.IsComplete) throw new ImageException("malformed gzip data: it ends early");
    }

    // False when the next stage has stopped.
    private static bool Gunzip(
        GzipDecoder decoder, ReadOnlySpan<byte> input, PipeWriter plain, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            InflateStatus status = decoder.Decode(input, out int read, plain.GetSpan(MinOutputBytes), out int written);
            if (status == InflateStatus.Malformed) throw new ImageException($"malformed gzip data: {decoder.Fault}");
            input = input[read..];
            plain.Advance(written);
            if (Blocking.Wait(plain.FlushAsync(CancellationToken.None)).IsCompleted) return false;
            if (status == InflateStatus.NeedsInput) return true;
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

    private static DecompressionStream OpenZstd(Stream source, long windowBytes)
    {
        var zstd = new DecompressionStream(source, ChunkBytes, checkEndOfStream: true, leaveOpen: true);
        int log = Math.Clamp(BitOperations.Log2((ulong)windowBytes), MinZstdWindowLog, MaxZstdWindowLog);
        zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, log);
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

    // Bytes behind the last frame belong to the blob, though not to the layer; the download has to come to its end.
    private static void Drain(PipeSource source, CancellationToken cancellation)
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(8 << 10);
        while (source.Read(scratch) > 0) cancellation.ThrowIfCancellationRequested();
        ArrayPool<byte>.Shared.Return(scratch);
    }
}
