namespace Skiff.Layers.Compression;

/// <summary>Tells compressions apart by their first bytes; media types lie, bytes do not.</summary>
public static class CompressionMagic
{
    /// <summary>So many bytes decide; fewer only at the end of a blob.</summary>
    public const int Length = 4;

    /// <summary>What the bytes begin. A tar begins with a name or zeros, never with one of the magics.</summary>
    public static CompressionKind Detect(ReadOnlySpan<byte> head) => head switch
    {
        [0x1F, 0x8B, 0x08, ..] => CompressionKind.Gzip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] => CompressionKind.Zstd,
        // A skippable frame (RFC 8878 section 3.1.2), with which zstd:chunked and pzstd blobs may begin.
        [>= 0x50 and <= 0x5F, 0x2A, 0x4D, 0x18, ..] => CompressionKind.Zstd,
        _ => CompressionKind.None,
    };
}
