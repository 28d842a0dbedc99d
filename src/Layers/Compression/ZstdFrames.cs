using System.Buffers.Binary;

namespace Skiff.Layers.Compression;

/// <summary>
/// Finds where zstd frames end (RFC 8878 section 3.1) by the sizes in their headers, without decoding. What is not
/// zstd it takes for a frame without an end, which the decoder refuses.
/// </summary>
internal sealed class ZstdFrames
{
    private const uint FrameMagic = 0xFD2FB528, SkippableMagic = 0x184D2A50, SkippableMask = 0xFFFFFFF0;
    private const int SingleSegment = 0x20, HasChecksum = 4, ChecksumBytes = 4, Rle = 1, MaxHeaderBytes = 13;

    private readonly byte[] _field = new byte[MaxHeaderBytes];
    private Part _part;
    private int _filled, _checksumBytes;
    private byte _descriptor;

    // Bytes to pass over before that part begins.
    private long _skip;

    private enum Part : byte { Magic, SkippableSize, Descriptor, Header, BlockHeader, End }

    /// <summary>Whether a frame has ended with the last byte.</summary>
    internal bool AtEnd { get; private set; }

    /// <summary>The memory in bytes that the frame asks for; 0 before its header is complete.</summary>
    internal ulong WindowBytes { get; private set; }

    /// <summary>The plain bytes that the frame has by its header; null where it says nothing.</summary>
    internal ulong? ContentBytes { get; private set; }

    /// <summary>Goes on to the end of the frame or of the input; how many bytes that is.</summary>
    internal int Scan(ReadOnlySpan<byte> input)
    {
        if (!input.IsEmpty) AtEnd = false;
        for (int at = 0; at < input.Length;)
        {
            if (_skip > 0)
            {
                int step = (int)Math.Min(_skip, input.Length - at);
                (at, _skip) = (at + step, _skip - step);
            }
            else
            {
                _field[_filled++] = input[at++];
                if (_filled < FieldBytes) continue;
                ReadField();
            }
            if (_skip > 0 || _part != Part.End) continue;
            (_part, AtEnd) = (Part.Magic, true);
            return at;
        }
        return input.Length;
    }

    private int FieldBytes => _part switch
    {
        Part.Descriptor => 1,
        Part.Header => HeaderBytes,
        Part.BlockHeader => 3,
        _ => 4,
    };

    private bool IsSingle => (_descriptor & SingleSegment) != 0;

    private int DictionaryBytes => (1 << (_descriptor & 3)) >> 1;

    private int ContentSizeBytes => (_descriptor >> 6) switch { 0 => IsSingle ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };

    // What follows the descriptor: window, dictionary, content size.
    private int HeaderBytes => (IsSingle ? 0 : 1) + DictionaryBytes + ContentSizeBytes;

    private void ReadField()
    {
        _field.AsSpan(_filled).Clear();
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(_field);
        _filled = 0;
        if (_part == Part.Magic) ContentBytes = null;
        switch (_part)
        {
            case Part.Magic when value == FrameMagic:
                _part = Part.Descriptor;
                break;
            case Part.Magic when (value & SkippableMask) == SkippableMagic:
                _part = Part.SkippableSize;
                break;
            case Part.Magic:
                _skip = long.MaxValue;
                break;
            case Part.SkippableSize:
                (_skip, _part) = (value, Part.End);
                break;
            case Part.Descriptor:
                _descriptor = (byte)value;
                _checksumBytes = (value & HasChecksum) != 0 ? ChecksumBytes : 0;
                (_part, WindowBytes) = (Part.Header, 0);
                break;
            case Part.Header:
                ContentBytes = ContentSizeBytes == 0 ? null : ContentSize();
                WindowBytes = IsSingle ? ContentSize() : Window(_field[0]);
                _part = Part.BlockHeader;
                break;
            default:
                bool isLast = (value & 1) != 0;
                _skip = (value >> 1 & 3) == Rle ? 1 : value >> 3;
                if (isLast) (_skip, _part) = (_skip + _checksumBytes, Part.End);
                break;
        }
    }

    // Five bits of exponent and three of mantissa.
    private static ulong Window(byte descriptor)
    {
        ulong power = 1UL << (10 + (descriptor >> 3));
        return power + power / 8 * (ulong)(descriptor & 7);
    }

    // In a field of two bytes it begins at 256.
    private ulong ContentSize() =>
        BinaryPrimitives.ReadUInt64LittleEndian(_field.AsSpan(HeaderBytes - ContentSizeBytes))
        + (ContentSizeBytes == 2 ? 256UL : 0);
}
