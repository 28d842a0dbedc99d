using Skiff.Layers.Tar;

namespace Skiff.Layers.Erofs;

/// <summary>
/// How an image finds the content of a file that is not just one stretch of whole blocks of the tar: a sparse file, or
/// one whose last block the tar does not fill. The file is cut into chunks of one size. A chunk is a hole, or a stretch
/// of the tar, or, when it is partly the one and partly the other, a copy in the image, whose holes are holes of the
/// image's file.
/// </summary>
/// <param name="segments">Where the file has data, which follow each other in the tar.</param>
/// <param name="size">Length of the file, not 0.</param>
/// <param name="data">Where its data starts in the tar.</param>
/// <param name="limit">
/// Bytes that whole blocks of the tar have: Linux 6.12 to 6.18 give EIO for a device's last block when its file does
/// not fill it.
/// </param>
internal readonly ref struct ErofsChunks(ReadOnlySpan<FileSegment> segments, long size, long data, long limit)
{
    // Bytes of hole in a copy that count like one on disk: they cost nothing but time when the image is read whole.
    private const int HoleBits = 12;

    private readonly ReadOnlySpan<FileSegment> _segments = segments;

    private long Size => size;

    private long Data => data;

    /// <summary>Smallest shift with which one chunk holds a file of <paramref name="size"/> bytes.</summary>
    internal static int BitsFor(long size)
    {
        int bits = 0;
        while (bits < ErofsFormat.MaxChunkBlockBits && (long)ErofsFormat.BlockSize << bits < size) bits++;
        return bits;
    }

    /// <summary>Chunks of a file of <paramref name="size"/> bytes.</summary>
    internal static long Count(long size, int bits) => ((size - 1) >> (ErofsFormat.BlockBits + bits)) + 1;

    /// <summary>
    /// The shift with which chunk indexes and copies take the least: small chunks need many indexes, large ones more
    /// copies.
    /// </summary>
    internal int CheapestBits()
    {
        int best = 0;
        long lowest = long.MaxValue;
        for (int bits = 0, last = BitsFor(size); bits <= last; bits++)
        {
            var (bytes, blocks) = Copies(bits);
            long holes = (blocks << ErofsFormat.BlockBits) - bytes;
            long cost = ErofsFormat.ChunkIndexSize * Count(size, bits) + bytes + (holes >> HoleBits);
            if (cost <= lowest) (best, lowest) = (bits, cost);
        }
        return best;
    }

    /// <summary>How many bytes have to be copied, and the blocks that the copies take with their holes.</summary>
    internal (long Bytes, long Blocks) Copies(int bits)
    {
        int shift = ErofsFormat.BlockBits + bits;
        long bytes = 0, chunks = 0, lastCopied = -1, at = data;
        foreach (FileSegment segment in _segments)
        {
            long first = segment.Offset >> shift, last = (segment.End - 1) >> shift;
            if (!IsAligned(segment, at)) Add(segment.Offset, segment.End, first, last);
            else
            {
                if (!Refers(segment, at, first << shift, shift))
                    Add(segment.Offset, Math.Min(segment.End, (first + 1) << shift), first, first);
                if (last != first && !Refers(segment, at, last << shift, shift))
                    Add(last << shift, segment.End, last, last);
            }
            at += segment.Length;
        }
        long unused = lastCopied == Count(size, bits) - 1 ? ((lastCopied + 1) << shift) - size : 0;
        return (bytes, (chunks << bits) - (unused >> ErofsFormat.BlockBits));

        void Add(long from, long to, long firstChunk, long lastChunk)
        {
            bytes += to - from;
            chunks += lastChunk - Math.Max(firstChunk, lastCopied + 1) + 1;
            lastCopied = lastChunk;
        }
    }

    /// <summary>Goes through the chunks from the first to the last.</summary>
    internal Cursor Start(int bits) => new(this, ErofsFormat.BlockBits + bits);

    /// <summary>Chunks start at whole blocks of the file, so they have to be whole blocks of the tar, too.</summary>
    private static bool IsAligned(FileSegment segment, long at) =>
        ((at - segment.Offset) & (ErofsFormat.BlockSize - 1)) == 0;

    /// <summary>Whether the chunk at <paramref name="start"/> is whole blocks of a segment's data.</summary>
    private bool Refers(FileSegment segment, long at, long start, int shift)
    {
        long end = Math.Min(start + (1L << shift), size), tarEnd = at + end - segment.Offset;
        return segment.Offset <= start && segment.End >= end && IsAligned(segment, at)
            && ((tarEnd + ErofsFormat.BlockSize - 1) & -ErofsFormat.BlockSize) <= limit;
    }

    /// <summary>One chunk after the other.</summary>
    internal ref struct Cursor(ErofsChunks chunks, int shift)
    {
        private readonly ErofsChunks _chunks = chunks;
        private int _segment, _piece; // The first that has data at or behind the start; the next to be copied.
        private long _at = chunks.Data, _pieceAt; // Where their data is in the tar.

        /// <summary>Where in the file the chunk starts and ends.</summary>
        internal long Start { get; private set; } = -1L << shift;

        internal long End { get; private set; }

        /// <summary>Whether there is no data in the chunk.</summary>
        internal bool IsHole { get; private set; }

        /// <summary>Where the chunk is in the tar, or -1: it has to be copied, or is a hole.</summary>
        internal long TarOffset { get; private set; }

        /// <summary>Goes to the next chunk; false after the last.</summary>
        internal bool Next()
        {
            Start += 1L << shift;
            if (Start >= _chunks.Size) return false;
            End = Math.Min(Start + (1L << shift), _chunks.Size);
            while (_segment < _chunks._segments.Length && _chunks._segments[_segment].End <= Start)
                _at += _chunks._segments[_segment++].Length;
            IsHole = _segment == _chunks._segments.Length || _chunks._segments[_segment].Offset >= End;
            bool refers = !IsHole && _chunks.Refers(_chunks._segments[_segment], _at, Start, shift);
            TarOffset = refers ? _at + Start - _chunks._segments[_segment].Offset : -1;
            (_piece, _pieceAt) = (_segment, _at);
            return true;
        }

        /// <summary>The next stretch of data in the chunk.</summary>
        /// <param name="from">Where it is in the file.</param>
        /// <param name="length">Bytes.</param>
        /// <param name="tarOffset">Where it is in the tar.</param>
        internal bool TryNextPiece(out long from, out long length, out long tarOffset)
        {
            from = length = tarOffset = 0;
            if (_piece == _chunks._segments.Length) return false;
            FileSegment segment = _chunks._segments[_piece];
            if (segment.Offset >= End) return false;
            from = Math.Max(segment.Offset, Start);
            length = Math.Min(segment.End, End) - from;
            tarOffset = _pieceAt + from - segment.Offset;
            _pieceAt += segment.Length;
            _piece++;
            return true;
        }
    }
}
