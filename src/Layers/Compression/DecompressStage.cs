using System.Buffers;
using System.IO.Pipelines;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Compression;

/// <summary>
/// The middle stage of a pull: reads compressed bytes from one pipe and writes uncompressed ones to the next, on its
/// own thread. Memory is bounded by the pipes and the decompressor's window.
/// </summary>
internal static class DecompressStage
{
    // The rest of a segment that is worth going on with, rather than taking the next one.
    private const int MinOutputBytes = 4 << 10;

    /// <summary>
    /// Runs until the end of the blob, or until the next stage has stopped reading. Completes neither pipe.
    /// </summary>
    /// <param name="compressed">The blob's bytes.</param>
    /// <param name="plain">Where the tar's go.</param>
    /// <param name="decoder">Where the blob's bytes go on; null at its beginning, which tells its kind.</param>
    /// <param name="checkpoints">Told from where decoding could be taken up again, before the next stage sees the bytes
    /// up to there.</param>
    /// <param name="limits">How much a zstd frame may ask for.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ImageException">The compressed data is malformed.</exception>
    public static void Run(
        PipeReader compressed, PipeWriter plain, IBlobDecoder? decoder, CheckpointQueue checkpoints,
        IngestLimits limits, CancellationToken cancellation)
    {
        decoder ??= BlobDecoder.For(Detect(compressed), limits);
        using var owned = decoder as IDisposable;
        while (true)
        {
            ReadResult result = Blocking.Wait(compressed.ReadAsync(CancellationToken.None));
            ReadOnlyMemory<byte> segment = result.Buffer.First;
            if (!Decode(decoder, segment.Span, plain, checkpoints, cancellation)) return;
            compressed.AdvanceTo(result.Buffer.GetPosition(segment.Length));
            if (result.IsCompleted && segment.Length == result.Buffer.Length) break;
        }
        if (!decoder.IsComplete) throw Malformed(decoder, "it ends early");
    }

    // False when the next stage has stopped.
    private static bool Decode(
        IBlobDecoder decoder, ReadOnlySpan<byte> input, PipeWriter plain, CheckpointQueue checkpoints,
        CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            InflateStatus status = decoder.Decode(input, out int read, plain.GetSpan(MinOutputBytes), out int written);
            if (status == InflateStatus.Malformed) throw Malformed(decoder, decoder.Fault!);
            input = input[read..];
            plain.Advance(written);
            checkpoints.Offer(decoder);
            if (Blocking.Wait(plain.FlushAsync(CancellationToken.None)).IsCompleted) return false;
            if (status == InflateStatus.NeedsInput) return true;
        }
    }

    private static ImageException Malformed(IBlobDecoder decoder, string fault) =>
        new($"malformed {(decoder.Kind == CompressionKind.Gzip ? "gzip" : "zstd")} data: {fault}");

    private static CompressionKind Detect(PipeReader compressed)
    {
        ReadResult result = Blocking.Wait(compressed.ReadAtLeastAsync(CompressionMagic.Length));
        Span<byte> head = stackalloc byte[CompressionMagic.Length];
        ReadOnlySequence<byte> first = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, head.Length));
        first.CopyTo(head);
        compressed.AdvanceTo(result.Buffer.Start);
        return CompressionMagic.Detect(head[..(int)first.Length]);
    }
}
