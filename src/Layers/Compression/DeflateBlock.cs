namespace Skiff.Layers.Compression;

/// <summary>What a decoder has to know of a DEFLATE block to go on in the middle of it, between two symbols.</summary>
/// <param name="IsLast">Whether it is the stream's last one.</param>
/// <param name="StoredBytes">Bytes left of a stored block, which has no codes.</param>
/// <param name="LitLenCount">How many of the code lengths are of the literal and length code.</param>
/// <param name="CodeLengths">Those, then those of the distance code; of the fixed codes too.</param>
/// <param name="MatchBytes">What is left to copy of the match that was decoded last.</param>
/// <param name="MatchDistance">From how far back.</param>
public sealed record DeflateBlock(
    bool IsLast, int StoredBytes, int LitLenCount, byte[] CodeLengths, int MatchBytes, int MatchDistance);
