using Skiff.Layers.Oci;

namespace Skiff.Layers.Tar;

/// <summary>GNU's sparse files: type S with its extension blocks, and pax 0.0, 0.1 and 1.0.</summary>
public sealed partial class TarParser
{
    // Offsets in a header of type S, and in the blocks that go on with its list.
    private const int OldEntries = 386, OldExtended = 482, OldRealSize = 483, OldMoreExtended = 504;

    private readonly SparseMap _map = new();
    private long? _realSize;
    private int _segment; // The one that the next data belongs to.
    private long _segmentFilled, _mapBytes;

    /// <summary>Starts reading the map of an entry that has one; the entry comes when the map is complete.</summary>
    private void StartSparse(ReadOnlySpan<byte> block, bool old, long position)
    {
        (_segment, _segmentFilled, _mapBytes) = (0, 0, 0);
        _entry.Map = _map;
        if (_entry.Type != TarEntryType.Regular) throw SparseMap.Bad(position, "it is no regular file");
        _map.Clear();
        if (old)
        {
            _map.AddOld(block[OldEntries..OldExtended], position);
            _realSize = TarHeader.Number(block.Slice(OldRealSize, SparseMap.OldField), "realsize", position);
            if (block[OldExtended] != 0) _state = State.OldMap;
            return;
        }
        _realSize = _next.SparseSize;
        if (_next.SparseName.Length > 0) _entry.PathBytes.Set(_next.SparseName.Span);
        if (_next.SparseMajor == 1) _state = State.TextMap;
        else foreach (long number in _next.SparseNumbers) _map.AddNumber(number, position);
    }

    private void TakeMapBlock(ReadOnlySpan<byte> block)
    {
        long position = Position - TarHeader.BlockSize;
        _mapBytes += TarHeader.BlockSize;
        if (_mapBytes > _limits.HeaderBytes)
            throw IngestLimits.Exceeded("header-bytes", _limits.HeaderBytes,
                $"bad sparse file in tar at byte {position}: its list of data has {_mapBytes} bytes");
        if (_state == State.OldMap)
        {
            _map.AddOld(block[..OldMoreExtended], position);
            if (block[OldMoreExtended] == 0) _state = State.Header;
            return;
        }
        if (_mapBytes > _entry.Size) throw SparseMap.Bad(position, "its list of data is longer than what the tar has");
        if (!_map.AddText(block, position)) return;
        _entry.Size -= _mapBytes;
        _state = State.Header;
    }

    /// <summary>Gives out data with its place in the file.</summary>
    private void TakeSparseData(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            FileSegment segment = _map.Segments[_segment];
            int count = (int)Math.Min(data.Length, segment.Length - _segmentFilled);
            Position += count;
            visitor.Data(segment.Offset + _segmentFilled, data[..count]);
            _segmentFilled += count;
            data = data[count..];
            if (_segmentFilled < segment.Length) continue;
            (_segment, _segmentFilled) = (_segment + 1, 0);
        }
    }
}
