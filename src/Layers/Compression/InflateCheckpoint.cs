namespace Skiff.Layers.Compression;

/// <summary>
/// A place in a gzip blob where decoding can be taken up again, by another process if need be: the end of a DEFLATE
/// block, or of a member. Needs the 32 KiB of plain bytes before <see cref="PlainOffset"/> besides.
/// </summary>
/// <param name="CompressedOffset">The byte of the blob to read next.</param>
/// <param name="BitOffset">How many bits of that byte are used up: 0 to 7, the lowest first.</param>
/// <param name="PlainOffset">How many plain bytes the blob has brought so far.</param>
/// <param name="MemberBytes">How many of them are of the member that goes on here; -1 between two members.</param>
/// <param name="MemberCrc">The CRC-32 of those.</param>
public readonly record struct InflateCheckpoint(
    long CompressedOffset, int BitOffset, long PlainOffset, long MemberBytes, uint MemberCrc);
