using Skiff.Interop;

namespace Skiff.Layers.Tar;

/// <summary>Finds the holes of a file, so that a tar has its data alone.</summary>
internal static class TarHoles
{
    // Some filesystems, EROFS among them, count holes as allocated; of small files nobody cares.
    private const int AskedFromBytes = 64 << 10;

    // The list of segments stays far below what a reader takes for headers (IngestLimits.HeaderBytes).
    private const int MaxSegments = 16_384;

    /// <summary>
    /// Lists what has data, with SEEK_DATA and SEEK_HOLE (lseek(2)). False when there are no holes, or the filesystem
    /// does not tell.
    /// </summary>
    /// <param name="file">The file, open for reading; its position moves.</param>
    /// <param name="status">What the file is.</param>
    /// <param name="segments">Gets the segments; one that ends at the file's end, perhaps.</param>
    internal static bool TryFind(Fd file, FileStatus status, List<FileSegment> segments)
    {
        segments.Clear();
        if (status.AllocatedBytes >= status.Size && status.Size < AskedFromBytes) return false;
        long at = 0;
        while (at < status.Size)
        {
            Errno errno = Files.TrySeekData(file, at, out long data);
            if (errno == Errno.ENXIO || (errno == Errno.None && data >= status.Size)) break;
            if (errno != Errno.None || Files.TrySeekHole(file, data, out long hole) != Errno.None) return false;
            // Of a file in a thousand pieces the rest is taken as it is.
            if (segments.Count == MaxSegments - 1) hole = status.Size;
            at = Math.Min(hole, status.Size);
            segments.Add(new FileSegment(data, at - data));
        }
        return segments is not [{ Offset: 0 } whole] || whole.Length < status.Size;
    }
}
