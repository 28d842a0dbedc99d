using Skiff.Layers.Tar;

namespace Skiff.Layers.Compression;

/// <summary>The decoder for a blob.</summary>
internal static class BlobDecoder
{
    /// <summary>At the beginning of a blob.</summary>
    internal static IBlobDecoder For(CompressionKind kind, IngestLimits limits) => kind == CompressionKind.Gzip
        ? new GzipDecoder() : At(DecoderCheckpoint.Boundary(kind, 0, 0), [], limits);

    /// <summary>In the middle of a blob.</summary>
    /// <param name="checkpoint">Where.</param>
    /// <param name="window">The plain bytes before that: the last 32 KiB, or all if there are fewer.</param>
    /// <param name="limits">How much a zstd frame may ask for.</param>
    internal static IBlobDecoder At(
        in DecoderCheckpoint checkpoint, ReadOnlySpan<byte> window, IngestLimits limits) => checkpoint.Kind switch
        {
            CompressionKind.Gzip => new GzipDecoder(checkpoint, window),
            CompressionKind.Zstd => new ZstdDecoder(checkpoint, limits.ZstdWindowBytes),
            _ => new PlainDecoder(checkpoint),
        };
}
