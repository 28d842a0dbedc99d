using static Skiff.Layers.Compression.DeflateCodes;

namespace Skiff.Layers.Compression;

/// <summary>
/// A DEFLATE decoder (RFC 1951) that can stop at any byte of its input and of its output. It reads and writes the
/// caller's buffers directly and keeps 32 KiB of what it has written, for matches that reach behind the buffer. Little
/// endian machines only. Allocates nothing after its construction.
/// </summary>
public sealed partial class Inflater
{
    private const int LitLenBits = 11, DistanceBits = 8;

    // What 288 codes of up to 15 bits need with a first table of 11 bits, and 32 with one of 8: the sizes of the worst
    // codes, as zlib's enough.c counts them.
    private const int LitLenEntries = 2342, DistanceEntries = 402;

    private readonly uint[] _litLen = new uint[LitLenEntries];
    private readonly ulong[] _distances = new ulong[DistanceEntries];
    private readonly byte[] _lengths = new byte[LitLenSymbols + DistanceSymbols];

    // The bytes before the output buffer, of which the last _history are there, and room to read too far.
    private readonly byte[] _window = new byte[WindowBytes + WideCopyBytes];
    private int _history;

    // Bits that were read and not used, the next one lowest, zeros above them. Between two calls fewer than eight,
    // except in the middle of something that more input has to complete.
    private ulong _bits;
    private int _bitCount;

    private State _state;
    private bool _isLastBlock, _hasFixedCodes;
    private int _storedLeft, _matchLeft, _matchDistance, _readStart;

    private enum State : byte { BlockHeader, CodeLengths, Stored, Codes, Match, End, Malformed }

    /// <summary>Why the data was refused, in a few words.</summary>
    public string? Fault { get; private set; }

    /// <summary>Bits of input that are not used yet: 0 to 7 at the end of a block.</summary>
    internal int UnusedBits => _bitCount;

    /// <summary>Gets ready for a new stream.</summary>
    public void Reset()
    {
        (_bits, _bitCount, _history) = (0, 0, 0);
        (_state, _isLastBlock, Fault) = (State.BlockHeader, false, null);
    }

    /// <summary>
    /// Gets ready to go on behind a block that has ended in the middle of <paramref name="first"/>, of which
    /// <paramref name="usedBits"/> are used up. What was written before: <see cref="Remember"/>.
    /// </summary>
    internal void StartWithin(byte first, int usedBits) =>
        (_bits, _bitCount) = ((uint)first >> usedBits, 8 - usedBits);

    /// <summary>
    /// Decodes until a block ends or a buffer does. <paramref name="read"/> and <paramref name="written"/> are
    /// positions in the buffers, from which it goes on; what stands before <paramref name="written"/> must be what was
    /// written last. Bytes behind it may be overwritten. Before another output buffer: <see cref="Remember"/>.
    /// </summary>
    public InflateStatus Run(ReadOnlySpan<byte> input, ref int read, Span<byte> output, ref int written)
    {
        _readStart = read;
        while (true)
        {
            InflateStatus? status = _state switch
            {
                State.BlockHeader => ReadBlockHeader(input, ref read),
                State.CodeLengths => ReadCodeLengths(input, ref read),
                State.Stored => CopyStored(input, ref read, output, ref written),
                State.Codes => Decode(input, ref read, output, ref written),
                State.Match => CopyMatch(output, ref written),
                State.End => InflateStatus.StreamEnd,
                _ => InflateStatus.Malformed,
            };
            if (status is { } reason) return reason;
        }
    }

    /// <summary>Keeps the last 32 KiB written, before the buffer they are in is given away.</summary>
    public void Remember(ReadOnlySpan<byte> written)
    {
        if (written.IsEmpty) return;
        if (written.Length > WindowBytes) written = written[^WindowBytes..];
        Span<byte> window = _window.AsSpan(0, WindowBytes);
        window[written.Length..].CopyTo(window);
        written.CopyTo(window[^written.Length..]);
        _history = Math.Min(_history + written.Length, WindowBytes);
    }

    private InflateStatus? CopyStored(ReadOnlySpan<byte> input, ref int read, Span<byte> output, ref int written)
    {
        int count = Math.Min(_storedLeft, Math.Min(input.Length - read, output.Length - written));
        input.Slice(read, count).CopyTo(output[written..]);
        (read, written, _storedLeft) = (read + count, written + count, _storedLeft - count);
        if (_storedLeft == 0) return EndBlock();
        return written == output.Length ? InflateStatus.NeedsOutput : InflateStatus.NeedsInput;
    }

    private InflateStatus EndBlock()
    {
        _state = _isLastBlock ? State.End : State.BlockHeader;
        return _isLastBlock ? InflateStatus.StreamEnd : InflateStatus.BlockEnd;
    }

    private InflateStatus Refuse(string fault)
    {
        (_state, Fault) = (State.Malformed, fault);
        return InflateStatus.Malformed;
    }

    // Bytes are read one by one here, until there is no room for more: at least 57 bits or all that there are.
    private void Fill(ReadOnlySpan<byte> input, ref int read)
    {
        while (_bitCount <= 56 && read < input.Length)
        {
            _bits |= (ulong)input[read++] << _bitCount;
            _bitCount += 8;
        }
    }

    private uint Peek(int count) => (uint)(_bits & LowBits(count));

    private uint Take(int count)
    {
        uint value = Peek(count);
        _bits >>= count;
        _bitCount -= count;
        return value;
    }

    // Gives back the bytes that were read ahead. Older ones than this input's are only there when they were too few
    // for the next thing to read, so that none is left over when it has been read.
    private void Unread(ref int read)
    {
        int count = Math.Min(_bitCount >> 3, read - _readStart);
        read -= count;
        _bitCount -= 8 * count;
        _bits &= LowBits(_bitCount);
    }

    private static ulong LowBits(int count) => ~(ulong.MaxValue << count);
}
