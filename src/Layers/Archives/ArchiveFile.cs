using Skiff.Layers.Compression;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Archives;

/// <summary>Tells the files of an archive apart by their first block.</summary>
internal static class ArchiveFile
{
    /// <summary>A tar, or something compressed: whatever has to be unpacked to see what it is.</summary>
    internal static bool IsLayer(ReadOnlySpan<byte> head) =>
        CompressionMagic.Detect(head) != CompressionKind.None
        || (head.Length == TarHeader.BlockSize
            && (TarHeader.ChecksumMatches(head) || head.IndexOfAnyExcept((byte)0) < 0));

    /// <summary>An object or an array.</summary>
    internal static bool IsJson(ReadOnlySpan<byte> head) => head.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..];
}
