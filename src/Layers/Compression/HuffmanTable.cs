using System.Numerics;
using static Skiff.Layers.Compression.DeflateCodes;

namespace Skiff.Layers.Compression;

/// <summary>
/// Builds the table that turns the next bits into a symbol in one look, or in two when the code is longer than the
/// table is wide: entries beyond the first 2^bits are subtables.
/// </summary>
internal static class HuffmanTable
{
    /// <summary>
    /// Fills <paramref name="table"/>. False when the lengths do not describe a prefix code: over-subscribed, or
    /// incomplete, except for a code of one bit, or of no symbol at all if <paramref name="mayBeEmpty"/> (RFC 1951
    /// section 3.2.7, as zlib reads it).
    /// </summary>
    /// <param name="table">Large enough for every code of this alphabet and <paramref name="bits"/>.</param>
    /// <param name="lengths">The code's length by symbol; 0 means that the symbol is not used.</param>
    /// <param name="symbols">The entry by symbol, without the code's length.</param>
    /// <param name="bits">How wide the first part of the table is.</param>
    /// <param name="mayBeEmpty">Whether a code of no symbol, or of a single one, is one.</param>
    public static bool TryBuild(
        Span<uint> table, ReadOnlySpan<byte> lengths, ReadOnlySpan<uint> symbols, int bits, bool mayBeEmpty)
    {
        Span<ushort> counts = stackalloc ushort[MaxCodeBits + 1];
        Span<ushort> sorted = stackalloc ushort[LitLenSymbols];
        counts.Clear();
        foreach (byte length in lengths) counts[length]++;
        int used = lengths.Length - counts[0];
        int left = 1;
        for (int length = 1; length <= MaxCodeBits; length++)
        {
            left = left * 2 - counts[length];
            if (left < 0) return false;
        }
        Sort(lengths, counts, sorted);
        if (left == 0)
        {
            int shortCodes = FillMain(table, sorted, counts, symbols, bits, out uint code);
            if (shortCodes < used) FillSubtables(table, sorted[shortCodes..used], lengths, counts, symbols, bits, code);
            return true;
        }
        if (!mayBeEmpty || used > 1 || used != counts[1]) return false;
        table[..(1 << bits)].Fill(Invalid);
        for (int i = 0; used == 1 && i < 1 << bits; i += 2) table[i] = Entry(symbols[sorted[0]], 1);
        return true;
    }

    // Symbols with short codes first; in the order of the alphabet among codes of one length.
    private static void Sort(ReadOnlySpan<byte> lengths, ReadOnlySpan<ushort> counts, Span<ushort> sorted)
    {
        Span<ushort> next = stackalloc ushort[MaxCodeBits + 1];
        next[0] = next[1] = 0;
        for (int length = 1; length < MaxCodeBits; length++) next[length + 1] = (ushort)(next[length] + counts[length]);
        for (int symbol = 0; symbol < lengths.Length; symbol++)
        {
            byte length = lengths[symbol];
            if (length != 0) sorted[next[length]++] = (ushort)symbol;
        }
    }

    // Codes are kept with their first bit lowest, as they come. A table for codes of n bits, doubled, is the one for
    // n + 1 bits without its new codes. Gives the number of codes that found a place, and the code that comes next.
    private static int FillMain(
        Span<uint> table, ReadOnlySpan<ushort> sorted, ReadOnlySpan<ushort> counts, ReadOnlySpan<uint> symbols,
        int bits, out uint code)
    {
        int done = 0;
        code = 0;
        for (int length = 1; length <= bits; length++)
        {
            if (done > 0) table[..(1 << (length - 1))].CopyTo(table[(1 << (length - 1))..]);
            for (int n = counts[length]; n > 0; n--)
            {
                table[(int)code] = Entry(symbols[sorted[done++]], (uint)length);
                code = Next(code, length);
            }
        }
        return done;
    }

    private static void FillSubtables(
        Span<uint> table, ReadOnlySpan<ushort> sorted, ReadOnlySpan<byte> lengths, Span<ushort> counts,
        ReadOnlySpan<uint> symbols, int bits, uint code)
    {
        uint mask = (1u << bits) - 1, prefix = uint.MaxValue;
        int start = 0, end = 1 << bits, width = 0;
        foreach (ushort symbol in sorted)
        {
            int length = lengths[symbol];
            if ((code & mask) != prefix)
            {
                prefix = code & mask;
                start = end;
                width = Width(counts, length, bits);
                end = start + (1 << width);
                table[(int)prefix] = (uint)start << 16 | Exceptional | Link | (uint)width << 8 | (uint)bits;
            }
            uint entry = Entry(symbols[symbol], (uint)(length - bits));
            for (int i = start + (int)(code >> bits); i < end; i += 1 << (length - bits)) table[i] = entry;
            counts[length]--;
            code = Next(code, length);
        }
    }

    // A subtable is as wide as the longest code with its prefix: widened until the codes that are left fill it.
    private static int Width(ReadOnlySpan<ushort> counts, int length, int bits)
    {
        int width = length - bits, filled = counts[length];
        while (filled < 1 << width)
        {
            width++;
            filled = 2 * filled + counts[bits + width];
        }
        return width;
    }

    // The code after this one, of the same length: adds one at the first bit, which is the highest in value.
    private static uint Next(uint code, int length)
    {
        uint zeros = ~code & ((1u << length) - 1);
        if (zeros == 0) return code;
        uint carry = 1u << BitOperations.Log2(zeros);
        return (code & (carry - 1)) | carry;
    }

    private static uint Entry(uint symbol, uint length) => symbol + ((int)symbol < 0 ? length : length * 0x101);
}
