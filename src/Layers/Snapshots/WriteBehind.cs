using Skiff.Interop;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// How a file that grows at its end leaves the page cache: its pages are written out early, and those of a large one
/// are dropped when they are on disk. A pull is then no reason to push out what others are using, and its next pages
/// are those that it has just given back. Small files stay whole, for the first start. All of this is advice to the
/// kernel; it flushes nothing and never fails.
/// </summary>
internal struct WriteBehind
{
    private const long WindowBytes = 8 << 20, CachedBytes = 16 << 20;

    private long _started, _dropped;

    /// <param name="length">What is there already, and on disk.</param>
    internal WriteBehind(long length) => _started = length;

    /// <summary>The file has grown.</summary>
    /// <param name="file">Open for writing.</param>
    /// <param name="length">Its new length in bytes.</param>
    internal void Grow(Fd file, long length)
    {
        if (length - _started < WindowBytes) return;
        Files.StartWriteback(file, _started, length - _started);
        _started = length;
        Drop(file, length);
    }

    /// <summary>The file has been flushed: now those pages go, too, that were still being written before.</summary>
    /// <param name="file">Open for writing.</param>
    /// <param name="length">Its final length in bytes.</param>
    internal void End(Fd file, long length)
    {
        _dropped = 0;
        Drop(file, length);
    }

    private void Drop(Fd file, long length)
    {
        long end = length - CachedBytes;
        if (end <= _dropped) return;
        Files.DropCache(file, _dropped, end - _dropped);
        _dropped = end;
    }
}
