namespace Skiff.Layers.Compression;

/// <summary>
/// Decodes gzip (RFC 1952): members one after the other, each with its CRC and length checked. What follows the last
/// one and does not begin another is passed over, as gzip(1) does. Can stop at any byte of its input and its output;
/// allocates nothing after its construction.
/// </summary>
public sealed class GzipDecoder : IBlobDecoder
{
    private readonly Inflater _inflater = new();
    private readonly GzipHeader _header = new();
    private State _state;
    private long _read, _written, _memberBytes;
    private uint _crc;
    private ulong _trailer;
    private int _trailerBytes, _usedBits;

    // Where in the output of this call the member begins; 0 if before it.
    private int _bodyStart;

    private enum State : byte { Header, Body, Trailer, Garbage, Malformed }

    /// <summary>At the beginning of a blob.</summary>
    public GzipDecoder()
    {
    }

    /// <summary>
    /// In the middle of a blob, whose bytes from the checkpoint's <see cref="DecoderCheckpoint.CompressedOffset"/> on
    /// come next.
    /// </summary>
    /// <param name="checkpoint">Where; from <see cref="TryGetCheckpoint"/>.</param>
    /// <param name="window">The plain bytes before <see cref="DecoderCheckpoint.PlainOffset"/>: the last 32 KiB, or
    /// all if there are fewer.</param>
    public GzipDecoder(in DecoderCheckpoint checkpoint, ReadOnlySpan<byte> window)
    {
        (_read, _written) = (checkpoint.CompressedOffset, checkpoint.PlainOffset);
        _header.Reset(isFirst: false);
        if (checkpoint.MemberBytes < 0) return;
        // No match reaches behind its member.
        _inflater.Remember(window[^(int)Math.Min(window.Length, checkpoint.MemberBytes)..]);
        _usedBits = checkpoint.BitOffset;
        (_memberBytes, _crc, _state) = (checkpoint.MemberBytes, checkpoint.MemberCrc, State.Body);
        if (checkpoint.Block is { } block && !_inflater.TryStartIn(block)) Refuse("no place to go on from");
    }

    /// <inheritdoc/>
    public CompressionKind Kind => CompressionKind.Gzip;

    /// <inheritdoc/>
    public long PlainBytes => _written;

    /// <inheritdoc/>
    public string? Fault { get; private set; }

    /// <inheritdoc/>
    public bool IsComplete => _state == State.Garbage || (_state == State.Header && _header.MayEnd);

    /// <inheritdoc/>
    public bool TryGetCheckpoint(out DecoderCheckpoint checkpoint)
    {
        checkpoint = DecoderCheckpoint.Boundary(Kind, _read, _written);
        if (_state == State.Header) return _header.IsAtStart;
        if (_state != State.Body || _usedBits > 0 || !_inflater.TryGetBlock(out DeflateBlock? block)) return false;
        long bits = 8 * _read - _inflater.UnusedBits;
        checkpoint = new DecoderCheckpoint(Kind, bits >> 3, (int)(bits & 7), _written, _memberBytes, _crc, block);
        return true;
    }

    /// <inheritdoc/>
    public InflateStatus Decode(ReadOnlySpan<byte> input, out int read, Span<byte> output, out int written)
    {
        (read, written, _bodyStart) = (0, 0, 0);
        InflateStatus? status;
        do
        {
            int readBefore = read;
            status = _state switch
            {
                State.Header => ReadHeader(input, ref read, written),
                State.Body => ReadBody(input, ref read, output, ref written),
                State.Trailer => ReadTrailer(input, ref read),
                State.Garbage => PassOver(input, out read),
                _ => InflateStatus.Malformed,
            };
            _read += read - readBefore;
        }
        while (status is null);
        _inflater.Remember(output[_bodyStart..written]);
        return status.GetValueOrDefault();
    }

    private InflateStatus? ReadHeader(ReadOnlySpan<byte> input, ref int read, int written)
    {
        while (read < input.Length)
            switch (_header.Accept(input[read++]))
            {
                case GzipHeader.Answer.Done:
                    _inflater.Reset();
                    (_memberBytes, _crc, _bodyStart, _state) = (0, 0, written, State.Body);
                    return null;
                case GzipHeader.Answer.NoMember:
                    _state = State.Garbage;
                    return null;
                case GzipHeader.Answer.Malformed:
                    return Refuse(_header.Fault!);
            }
        return InflateStatus.NeedsInput;
    }

    private InflateStatus? ReadBody(ReadOnlySpan<byte> input, ref int read, Span<byte> output, ref int written)
    {
        int done = written - _bodyStart;
        if (_usedBits > 0)
        {
            if (input.IsEmpty) return InflateStatus.NeedsInput;
            _inflater.StartWithin(input[read++], _usedBits);
            _usedBits = 0;
        }
        InflateStatus status = _inflater.Run(input, ref read, output[_bodyStart..], ref done);
        ReadOnlySpan<byte> fresh = output[written..(_bodyStart + done)];
        written += fresh.Length;
        _written += fresh.Length;
        _memberBytes += fresh.Length;
        _crc = Crc32.Append(_crc, fresh);
        switch (status)
        {
            case InflateStatus.BlockEnd:
                return null;
            case InflateStatus.StreamEnd:
                (_trailer, _trailerBytes, _state) = (0, 0, State.Trailer);
                return null;
            case InflateStatus.Malformed:
                return Refuse(_inflater.Fault!);
            default:
                return status;
        }
    }

    // CRC and length, four bytes each, the lowest first.
    private InflateStatus? ReadTrailer(ReadOnlySpan<byte> input, ref int read)
    {
        for (; _trailerBytes < 8; _trailerBytes++)
        {
            if (read == input.Length) return InflateStatus.NeedsInput;
            _trailer |= (ulong)input[read++] << (8 * _trailerBytes);
        }
        if ((uint)_trailer != _crc)
            return Refuse($"CRC mismatch: expected {(uint)_trailer:x8}, got {_crc:x8}");
        if ((uint)(_trailer >> 32) != (uint)_memberBytes)
            return Refuse($"length mismatch: expected {_trailer >> 32} bytes, got {(uint)_memberBytes}");
        _header.Reset(isFirst: false);
        _state = State.Header;
        return null;
    }

    private static InflateStatus PassOver(ReadOnlySpan<byte> input, out int read)
    {
        read = input.Length;
        return InflateStatus.NeedsInput;
    }

    private InflateStatus Refuse(string fault)
    {
        (_state, Fault) = (State.Malformed, fault);
        return InflateStatus.Malformed;
    }
}
