using System.Runtime.InteropServices;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Tar;

/// <summary>
/// Where the data of a sparse file belongs, as GNU tar writes it down in one of four ways (GNU tar manual, "Storing
/// Sparse Files"). In the tar the segments' data follow each other without anything between them. Reused.
/// </summary>
internal sealed class SparseMap
{
    /// <summary>Bytes of one offset or length in the old format, and of both.</summary>
    internal const int OldField = 12, OldEntry = 2 * OldField;

    private readonly List<FileSegment> _segments = [];
    private long _offset = -1; // Read already, while its length is not.
    private long _end, _number, _expected;
    private bool _digits;

    /// <summary>The segments in the order of their offsets; neighbours that touch are one.</summary>
    internal ReadOnlySpan<FileSegment> Segments => CollectionsMarshal.AsSpan(_segments);

    /// <summary>Bytes of data that all segments have.</summary>
    internal long DataBytes { get; private set; }

    internal void Clear()
    {
        _segments.Clear();
        (_offset, _end, _number, _expected, _digits, DataBytes) = (-1, 0, 0, -1, false, 0);
    }

    /// <summary>Takes an offset or a length, as they alternate.</summary>
    internal void AddNumber(long number, long position)
    {
        if (number < 0) throw Bad(position, $"it has the number {number}");
        if (_offset < 0)
        {
            _offset = number;
            return;
        }
        Add(_offset, number, position);
        _offset = -1;
    }

    private void Add(long offset, long length, long position)
    {
        if (offset < _end) throw Bad(position, $"its data at {offset} comes after data up to {_end}");
        if (length > long.MaxValue - offset) throw Bad(position, $"its data at {offset} has {length} bytes");
        bool touches = _segments.Count > 0 && offset == _end;
        _end = offset + length;
        DataBytes += length;
        if (length == 0) return; // Says how long the file is, when a hole is at its end.
        if (touches) _segments[^1] = _segments[^1] with { Length = _segments[^1].Length + length };
        else _segments.Add(new FileSegment(offset, length));
    }

    /// <summary>Takes entries of the old format: pairs of numbers; the first empty one ends the list.</summary>
    internal void AddOld(ReadOnlySpan<byte> entries, long position)
    {
        for (; entries.Length >= OldEntry && entries[0] != 0; entries = entries[OldEntry..])
        {
            AddNumber(TarHeader.Number(entries[..OldField], "sparse offset", position), position);
            AddNumber(TarHeader.Number(entries[OldField..OldEntry], "sparse length", position), position);
        }
    }

    /// <summary>
    /// Takes text of format 1.0: the number of segments, then their numbers, each on a line. Whether it is complete;
    /// the rest of the block then is padding.
    /// </summary>
    internal bool AddText(ReadOnlySpan<byte> text, long position)
    {
        foreach (byte b in text)
        {
            if (_expected == 0) return true;
            if (b == '\n' && _digits) EndOfLine(position);
            else if (b is >= (byte)'0' and <= (byte)'9' && _number <= (long.MaxValue - 9) / 10)
                (_number, _digits) = (_number * 10 + (b - '0'), true);
            else throw Bad(position, "its list of data holds what is no number");
        }
        return _expected == 0;
    }

    private void EndOfLine(long position)
    {
        if (_expected > 0)
        {
            AddNumber(_number, position);
            _expected--;
        }
        else
        {
            if (_number > int.MaxValue) throw Bad(position, $"it has {_number} pieces of data");
            _expected = 2 * _number;
        }
        (_number, _digits) = (0, false);
    }

    /// <summary>Makes sure that the map fits the file and the bytes that the tar has of it.</summary>
    /// <param name="size">Length of the file; null when nothing said it.</param>
    /// <param name="stored">Bytes in the tar.</param>
    /// <param name="position">For messages.</param>
    internal long Check(long? size, long stored, long position)
    {
        if (size is not { } length) throw Bad(position, "nothing says how long it is");
        if (_offset >= 0) throw Bad(position, "its list of data ends with an offset");
        if (length < _end) throw Bad(position, $"it has data up to {_end} and is {length} bytes long");
        if (DataBytes != stored) throw Bad(position, $"it has {DataBytes} bytes of data, the tar has {stored}");
        return length;
    }

    internal static ImageException Bad(long position, string why) =>
        new($"bad sparse file in tar at byte {position}: {why}");
}
