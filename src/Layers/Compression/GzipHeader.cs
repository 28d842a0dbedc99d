namespace Skiff.Layers.Compression;

/// <summary>The header of a gzip member (RFC 1952 section 2.3), byte by byte.</summary>
internal sealed class GzipHeader
{
    private const byte Magic0 = 0x1F, Magic1 = 0x8B, Deflate = 8;
    private const int HeaderCrc = 2, Extra = 4, Name = 8, Comment = 16, Reserved = 0xE0;

    private Part _part;
    private bool _isFirst = true;
    private byte _flags;
    private int _at, _extraBytes, _expectedCrc;
    private uint _crc = uint.MaxValue;

    private enum Part : byte { Fixed, ExtraLength, Extra, Name, Comment, Crc }

    /// <summary>What to do after a byte.</summary>
    internal enum Answer
    {
        /// <summary>Give the next byte.</summary>
        More,

        /// <summary>The compressed data begins with the next byte.</summary>
        Done,

        /// <summary>No further member begins here.</summary>
        NoMember,

        /// <summary>See <see cref="Fault"/>.</summary>
        Malformed,
    }

    /// <summary>Why the header was refused.</summary>
    public string? Fault { get; private set; }

    /// <summary>
    /// Whether the blob may end here, since no member has begun that could be told from anything else.
    /// </summary>
    public bool MayEnd => !_isFirst && _part == Part.Fixed && _at <= 1;

    /// <summary>Whether the next member's first byte has not come yet.</summary>
    public bool IsAtStart => !_isFirst && _part == Part.Fixed && _at == 0;

    /// <summary>Gets ready for a member. Only the first one has to be there.</summary>
    public void Reset(bool isFirst) =>
        (_part, _at, _isFirst, _crc) = (Part.Fixed, 0, isFirst, uint.MaxValue);

    /// <summary>Takes the next byte.</summary>
    public Answer Accept(byte value)
    {
        if (_part != Part.Crc) _crc = Crc32.ByBytes(_crc, [value]);
        switch (_part)
        {
            case Part.Fixed:
                return AcceptFixed(value);
            case Part.ExtraLength:
                _extraBytes |= value << (8 * _at++);
                return _at < 2 ? Answer.More : Enter(_extraBytes > 0 ? Part.Extra : Part.Name);
            case Part.Extra:
                return ++_at < _extraBytes ? Answer.More : Enter(Part.Name);
            case Part.Name:
                return value != 0 ? Answer.More : Enter(Part.Comment);
            case Part.Comment:
                return value != 0 ? Answer.More : Enter(Part.Crc);
            default:
                _expectedCrc |= value << (8 * _at++);
                if (_at < 2) return Answer.More;
                return _expectedCrc == (ushort)~_crc ? Answer.Done : Refuse("CRC mismatch in the header");
        }
    }

    private Answer AcceptFixed(byte value)
    {
        int at = _at++;
        if ((at == 0 && value != Magic0) || (at == 1 && value != Magic1))
            return _isFirst ? Refuse("not gzip") : Answer.NoMember;
        if (at == 2 && value != Deflate) return Refuse($"unknown compression method {value}");
        if (at == 3)
        {
            _flags = value;
            if ((value & Reserved) != 0) return Refuse("unknown header flags");
        }
        return at < 9 ? Answer.More : Enter(Part.ExtraLength);
    }

    // The given part, or the first after it that this header has.
    private Answer Enter(Part part)
    {
        (_part, _at) = (part, 0);
        switch (part)
        {
            case Part.ExtraLength:
                _extraBytes = 0;
                return (_flags & Extra) != 0 ? Answer.More : Enter(Part.Name);
            case Part.Name:
                return (_flags & Name) != 0 ? Answer.More : Enter(Part.Comment);
            case Part.Comment:
                return (_flags & Comment) != 0 ? Answer.More : Enter(Part.Crc);
            case Part.Crc:
                _expectedCrc = 0;
                return (_flags & HeaderCrc) != 0 ? Answer.More : Answer.Done;
            default:
                return Answer.More;
        }
    }

    private Answer Refuse(string fault)
    {
        Fault = fault;
        return Answer.Malformed;
    }
}
