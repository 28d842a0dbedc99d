namespace Skiff.Layers.Compression;

/// <summary>
/// A place in a blob where decoding can be taken up again, by another process if need be: in gzip nearly
/// any symbol, in zstd the end of a frame, in what is not compressed any byte. Within a gzip member the 32 KiB of plain
/// bytes before <see cref="PlainOffset"/> are needed besides.
/// </summary>
/// <param name="Kind">How the blob is compressed.</param>
/// <param name="CompressedOffset">The byte of the blob to read next.</param>
/// <param name="BitOffset">How many bits of that byte are used up: 0 to 7, the lowest first.</param>
/// <param name="PlainOffset">How many plain bytes the blob has brought so far.</param>
/// <param name="MemberBytes">How many of them are of the gzip member that goes on here; -1 between two members, and in
/// other kinds.</param>
/// <param name="MemberCrc">The CRC-32 of those.</param>
/// <param name="Block">The DEFLATE block that goes on here; null between two of them, and in other kinds.</param>
public readonly record struct DecoderCheckpoint(
    CompressionKind Kind, long CompressedOffset, int BitOffset, long PlainOffset, long MemberBytes, uint MemberCrc,
    DeflateBlock? Block = null)
{
    /// <summary>A place before which nothing matters to what comes.</summary>
    public static DecoderCheckpoint Boundary(CompressionKind kind, long compressedOffset, long plainOffset) =>
        new(kind, compressedOffset, 0, plainOffset, -1, 0);
}
