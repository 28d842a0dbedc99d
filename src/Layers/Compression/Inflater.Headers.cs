using static Skiff.Layers.Compression.DeflateCodes;

namespace Skiff.Layers.Compression;

/// <summary>What stands before a block's data (RFC 1951 section 3.2.3 to 3.2.7).</summary>
public sealed partial class Inflater
{
    private readonly uint[] _precode = new uint[1 << MaxPrecodeBits];
    private readonly byte[] _precodeLengths = new byte[19];
    private int _litLenCount, _distanceCount, _precodeCount, _precodeRead, _lengthsRead;

    // Null: go on. The whole header of a stored block, and of the others all that comes before the code lengths, is
    // taken in one piece, so that there is nothing to remember when it is cut.
    private InflateStatus? ReadBlockHeader(ReadOnlySpan<byte> input, ref int read)
    {
        Fill(input, ref read);
        if (_bitCount < 3) return InflateStatus.NeedsInput;
        InflateStatus? status = (Peek(3) >> 1) switch
        {
            0 => ReadStoredHeader(),
            1 => UseFixedCodes(),
            2 => ReadDynamicHeader(),
            _ => Refuse("invalid block type"),
        };
        if (status is null && _state != State.CodeLengths) Unread(ref read);
        return status;
    }

    private InflateStatus? ReadStoredHeader()
    {
        int padding = (_bitCount - 3) & 7;
        if (_bitCount < 3 + padding + 32) return InflateStatus.NeedsInput;
        _isLastBlock = Take(3 + padding) % 2 == 1;
        uint length = Take(16);
        if (length != (Take(16) ^ 0xFFFF)) return Refuse("stored block's length does not match its complement");
        (_storedLeft, _state) = ((int)length, State.Stored);
        return null;
    }

    private InflateStatus? UseFixedCodes()
    {
        _isLastBlock = Take(3) % 2 == 1;
        _state = State.Codes;
        if (_hasFixedCodes) return null;
        FixedLengths(_lengths, _lengths.AsSpan(LitLenSymbols));
        (_litLenCount, _distanceCount) = (LitLenSymbols, DistanceSymbols);
        BuildTables(LitLenSymbols, DistanceSymbols);
        _hasFixedCodes = true;
        return null;
    }

    private InflateStatus? ReadDynamicHeader()
    {
        if (_bitCount < 17) return InflateStatus.NeedsInput;
        _isLastBlock = Take(3) % 2 == 1;
        _litLenCount = (int)Take(5) + 257;
        _distanceCount = (int)Take(5) + 1;
        _precodeCount = (int)Take(4) + 4;
        if (_litLenCount > 286 || _distanceCount > 30) return Refuse("too many length or distance symbols");
        Array.Clear(_precodeLengths);
        (_precodeRead, _lengthsRead, _hasFixedCodes, _state) = (0, 0, false, State.CodeLengths);
        return null;
    }

    private InflateStatus? ReadCodeLengths(ReadOnlySpan<byte> input, ref int read)
    {
        while (_precodeRead < _precodeCount)
        {
            Fill(input, ref read);
            if (_bitCount < 3) return InflateStatus.NeedsInput;
            _precodeLengths[PrecodeOrder[_precodeRead++]] = (byte)Take(3);
            if (_precodeRead < _precodeCount) continue;
            if (!HuffmanTable.TryBuild(_precode, _precodeLengths, Precode, MaxPrecodeBits, mayBeEmpty: false))
                return Refuse("invalid code lengths set");
        }
        while (_lengthsRead < _litLenCount + _distanceCount)
            if (ReadLength(input, ref read) is { } status) return status;
        if (_lengths[256] == 0) return Refuse("no code for the end of the block");
        if (BuildTables(_litLenCount, _distanceCount) is { } refusal) return refusal;
        Unread(ref read);
        _state = State.Codes;
        return null;
    }

    private InflateStatus? ReadLength(ReadOnlySpan<byte> input, ref int read)
    {
        if (_bitCount < MaxPrecodeBits + 7) Fill(input, ref read);
        uint entry = _precode[Peek(MaxPrecodeBits)];
        (int codeBits, int symbol) = ((int)(entry & 0xFF), (int)(entry >> 16));
        int extra = symbol switch { 16 => 2, 17 => 3, 18 => 7, _ => 0 };
        if (_bitCount < codeBits + extra) return InflateStatus.NeedsInput;
        Take(codeBits);
        if (symbol < 16)
        {
            _lengths[_lengthsRead++] = (byte)symbol;
            return null;
        }
        if (symbol == 16 && _lengthsRead == 0) return Refuse("no code length to repeat");
        byte length = symbol == 16 ? _lengths[_lengthsRead - 1] : (byte)0;
        int count = (int)Take(extra) + (symbol == 18 ? 11 : 3);
        if (count > _litLenCount + _distanceCount - _lengthsRead) return Refuse("too many code lengths");
        _lengths.AsSpan(_lengthsRead, count).Fill(length);
        _lengthsRead += count;
        return null;
    }

    private InflateStatus? BuildTables(int litLenCount, int distanceCount)
    {
        ReadOnlySpan<byte> lengths = _lengths;
        if (!HuffmanTable.TryBuild(_litLen, lengths[..litLenCount], LitLen, LitLenBits, mayBeEmpty: true))
            return Refuse("invalid literal/lengths set");
        lengths = lengths.Slice(litLenCount, distanceCount);
        Span<uint> table = stackalloc uint[DistanceEntries];
        if (!HuffmanTable.TryBuild(table, lengths, Distance, DistanceBits, mayBeEmpty: true))
            return Refuse("invalid distances set");
        for (int i = 0; i < table.Length; i++) _distances[i] = WithMask(table[i]);
        return null;
    }

    // The upper half masks the extra bits. Means nothing, and does no harm, in entries that have none.
    private static ulong WithMask(uint entry) => LowBits((int)(entry & 31) - (int)(entry >> 8 & 15)) << 32 | entry;
}
