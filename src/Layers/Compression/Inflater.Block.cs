using static Skiff.Layers.Compression.DeflateCodes;

namespace Skiff.Layers.Compression;

/// <summary>
/// Going on in the middle of a block. Some compressors end one after thousands of symbols, others not before the end
/// of the stream.
/// </summary>
public sealed partial class Inflater
{
    /// <summary>
    /// Tells what is needed to go on behind the bytes that were written and the bits that were used, of which
    /// <see cref="UnusedBits"/> says how many were not. Null between two blocks. False where that is not possible, in
    /// the middle of a block's header.
    /// </summary>
    internal bool TryGetBlock(out DeflateBlock? block)
    {
        block = _state switch
        {
            State.Stored => new DeflateBlock(_isLastBlock, _storedLeft, 0, [], 0, 0),
            State.Codes => new DeflateBlock(_isLastBlock, 0, _litLenCount, CodeLengths(), 0, 0),
            State.Match => new DeflateBlock(
                _isLastBlock, 0, _litLenCount, CodeLengths(), _matchLeft, _matchDistance),
            _ => null,
        };
        return block is not null || _state == State.BlockHeader;
    }

    /// <summary>
    /// Gets ready to go on in the middle of a block, before <see cref="StartWithin"/>. False when the block is none.
    /// </summary>
    internal bool TryStartIn(DeflateBlock block)
    {
        ReadOnlySpan<byte> lengths = block.CodeLengths;
        (_isLastBlock, _storedLeft, _hasFixedCodes) = (block.IsLast, block.StoredBytes, false);
        (_matchLeft, _matchDistance) = (block.MatchBytes, block.MatchDistance);
        _state = lengths.IsEmpty ? State.Stored : _matchLeft > 0 ? State.Match : State.Codes;
        if (lengths.IsEmpty) return _storedLeft is > 0 and <= ushort.MaxValue;
        (_litLenCount, _distanceCount) = (block.LitLenCount, lengths.Length - block.LitLenCount);
        if (_litLenCount is < 257 or > LitLenSymbols || _distanceCount is < 1 or > DistanceSymbols
            || lengths.ContainsAnyExceptInRange((byte)0, (byte)15) || lengths[256] == 0
            || _matchLeft is < 0 or > MaxMatch || _matchDistance is < 0 or > WindowBytes) return false;
        lengths.CopyTo(_lengths);
        return BuildTables(_litLenCount, _distanceCount) is null;
    }

    private byte[] CodeLengths() => _lengths[..(_litLenCount + _distanceCount)];
}
