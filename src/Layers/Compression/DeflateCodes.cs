namespace Skiff.Layers.Compression;

/// <summary>
/// What the symbols of DEFLATE's alphabets mean (RFC 1951 section 3.2.5), in the form of table entries that only lack
/// their code's length. An entry's low byte is the number of bits that it takes, extra bits included.
/// </summary>
internal static class DeflateCodes
{
    /// <summary>A literal, in bits 8 to 15: the sign bit, so that one comparison tells them.</summary>
    public const uint Literal = 1u << 31;

    /// <summary>Neither a literal nor a length or distance: a link, the end of the block, or no symbol.</summary>
    public const uint Exceptional = 1u << 15;

    /// <summary>With <see cref="Exceptional"/>: the code is longer than the table is wide. Bits 16 to 30 say where its
    /// subtable starts, bits 8 to 11 how many bits wide that is.</summary>
    public const uint Link = 1u << 14;

    /// <summary>With <see cref="Exceptional"/>: the end of the block.</summary>
    public const uint EndOfBlock = 1u << 13;

    /// <summary>What bits mean that no code begins with. Takes a bit, as zlib has it.</summary>
    public const uint Invalid = Exceptional | 1;

    /// <summary>Symbols of the literal and length alphabet, and of the distance alphabet.</summary>
    public const int LitLenSymbols = 288, DistanceSymbols = 32;

    /// <summary>The longest code, and the longest of the code that code lengths are written in.</summary>
    public const int MaxCodeBits = 15, MaxPrecodeBits = 7;

    /// <summary>How far back a match reaches at most.</summary>
    public const int WindowBytes = 32 << 10;

    /// <summary>The longest match.</summary>
    public const int MaxMatch = 258;

    /// <summary>
    /// Entries by symbol: literals, the end of block, and lengths, of which bits 16 to 24 are the base and bits 25 to
    /// 29 the mask of their extra bits.
    /// </summary>
    public static readonly uint[] LitLen = MakeLitLen();

    /// <summary>Entries by symbol: the base distance from bit 16 on.</summary>
    public static readonly uint[] Distance = MakeDistance();

    /// <summary>Entries of the 19 symbols that describe code lengths: the symbol from bit 16 on.</summary>
    public static readonly uint[] Precode = [.. Enumerable.Range(0, 19).Select(symbol => (uint)symbol << 16)];

    /// <summary>The order in which a block's header lists the precode's lengths.</summary>
    public static ReadOnlySpan<byte> PrecodeOrder =>
        [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    /// <summary>The code lengths of a block with fixed codes.</summary>
    public static void FixedLengths(Span<byte> litLen, Span<byte> distance)
    {
        litLen[..144].Fill(8);
        litLen[144..256].Fill(9);
        litLen[256..280].Fill(7);
        litLen[280..LitLenSymbols].Fill(8);
        distance[..DistanceSymbols].Fill(5);
    }

    private static uint[] MakeLitLen()
    {
        var entries = new uint[LitLenSymbols];
        for (uint literal = 0; literal < 256; literal++) entries[literal] = Literal | literal << 8;
        entries[256] = Exceptional | EndOfBlock;
        // Eight codes without extra bits, then four for each number of them; 258 has a code of its own.
        for (uint code = 0, start = 3; code < 28; code++)
        {
            int extra = code < 8 ? 0 : (int)(code / 4) - 1;
            entries[257 + code] = ((1u << extra) - 1) << 25 | start << 16 | (uint)extra;
            start += 1u << extra;
        }
        entries[285] = MaxMatch << 16;
        entries[286] = entries[287] = Exceptional;
        return entries;
    }

    private static uint[] MakeDistance()
    {
        var entries = new uint[DistanceSymbols];
        for (uint code = 0, start = 1; code < 30; code++)
        {
            int extra = code < 4 ? 0 : (int)(code / 2) - 1;
            entries[code] = start << 16 | (uint)extra;
            start += 1u << extra;
        }
        entries[30] = entries[31] = Exceptional;
        return entries;
    }
}
