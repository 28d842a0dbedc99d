using Skiff.Interop.Libc;
using Tmds.Linux;

namespace Skiff.Interop;

public static unsafe partial class Files
{
    private const int POSIX_FADV_DONTNEED = 4;
    private const int SEEK_DATA = 3;
    private const int SEEK_HOLE = 4;
    private const uint SYNC_FILE_RANGE_WAIT_BEFORE = 1;
    private const uint SYNC_FILE_RANGE_WRITE = 2;
    private const uint SYNC_FILE_RANGE_WAIT_AFTER = 4;

    /// <summary>ftruncate(2).</summary>
    public static void Ftruncate(Fd fd, long length)
    {
        int r;
        do r = Native.ftruncate(fd.Number, length);
        while (r == -1 && Native.LastErrno == Errno.EINTR);
        if (r == -1) throw new LinuxException(Native.LastErrno, "ftruncate", fd.ToString());
    }

    /// <summary>
    /// fallocate(2): reserves space, so that ENOSPC comes now. EOPNOTSUPP where the filesystem cannot.
    /// </summary>
    /// <param name="fd">A file open for writing.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes.</param>
    /// <param name="keepSize">FALLOC_FL_KEEP_SIZE: the file's length stays.</param>
    public static Errno TryFallocate(Fd fd, long offset, long length, bool keepSize)
    {
        int r;
        do r = Native.fallocate(fd.Number, keepSize ? 1 : 0, offset, length);
        while (r == -1 && Native.LastErrno == Errno.EINTR);
        return Result(r);
    }

    /// <summary>
    /// sync_file_range(2): starts writing the range out, without waiting. A hint; changes no guarantee.
    /// </summary>
    public static Errno StartWriteback(Fd fd, long offset, long length) =>
        Result(Native.sync_file_range(fd.Number, offset, length, SYNC_FILE_RANGE_WRITE));

    /// <summary>
    /// sync_file_range(2): writes the range out and waits for it. Flushes no metadata and no disk cache.
    /// </summary>
    public static Errno FinishWriteback(Fd fd, long offset, long length) =>
        Result(Native.sync_file_range(fd.Number, offset, length,
            SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));

    /// <summary>
    /// posix_fadvise(2) with POSIX_FADV_DONTNEED: drops clean pages of the range from the page cache.
    /// </summary>
    public static Errno DropCache(Fd fd, long offset = 0, long length = 0) =>
        (Errno)Native.posix_fadvise(fd.Number, offset, length, POSIX_FADV_DONTNEED);

    /// <summary>fdatasync(2).</summary>
    public static void Fdatasync(Fd fd)
    {
        if (LibC.fdatasync(fd.Number) == -1) throw new LinuxException(Native.LastErrno, "fdatasync", fd.ToString());
    }

    /// <summary>syncfs(2): flushes the whole filesystem that holds <paramref name="fd"/>.</summary>
    public static void SyncFs(Fd fd)
    {
        if (LibC.syncfs(fd.Number) == -1) throw new LinuxException(Native.LastErrno, "syncfs", fd.ToString());
    }

    /// <summary>
    /// copy_file_range(2) once, at the given offsets: a reflink where the filesystem has them. <paramref name="count"/>
    /// is 0 at the end of the source. EXDEV, EINVAL and EOPNOTSUPP mean: read and write instead.
    /// </summary>
    public static Errno TryCopyRange(Fd from, long fromOffset, Fd to, long toOffset, long length, out long count)
    {
        nint r; // SAFETY: the offsets are locals that outlive the call.
        do r = Native.copy_file_range(from.Number, &fromOffset, to.Number, &toOffset, (nint)length, 0);
        while (r == -1 && Native.LastErrno == Errno.EINTR);
        count = r == -1 ? 0 : r;
        return Result(r);
    }

    /// <summary>lseek(2) with SEEK_DATA: where the next data is; ENXIO when only a hole follows. It moves the position.
    /// </summary>
    /// <param name="fd">The file.</param>
    /// <param name="offset">Where to start looking.</param>
    /// <param name="data">Offset of data, <paramref name="offset"/> or behind it.</param>
    public static Errno TrySeekData(Fd fd, long offset, out long data)
    {
        data = Native.lseek(fd.Number, offset, SEEK_DATA);
        return Result((nint)data);
    }

    /// <summary>lseek(2) with SEEK_HOLE: the end of a file is a hole; ENXIO behind it.</summary>
    public static Errno TrySeekHole(Fd fd, long offset, out long hole)
    {
        hole = Native.lseek(fd.Number, offset, SEEK_HOLE);
        return Result((nint)hole);
    }

    /// <summary>lseek(2) to an absolute position.</summary>
    public static void Seek(Fd fd, long offset)
    {
        if (Native.lseek(fd.Number, offset, 0) == -1)
            throw new LinuxException(Native.LastErrno, "lseek", fd.ToString());
    }
}
