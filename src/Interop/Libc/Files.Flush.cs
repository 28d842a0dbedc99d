using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop;

/// <summary>Getting bytes to the disk, and knowing how many there are.</summary>
public static unsafe partial class Files
{
    /// <summary>fdatasync(2).</summary>
    public static void Fdatasync(Fd fd)
    {
        if (Native.syscall(SyscallNumbers.fdatasync, fd.Number) == -1) throw new LinuxException(Native.LastErrno, "fdatasync", fd.ToString());
    }

    /// <summary>syncfs(2): flushes the whole filesystem that <paramref name="fd"/> is on.</summary>
    public static void Syncfs(Fd fd)
    {
        if (Native.syscall(SyscallNumbers.syncfs, fd.Number) == -1) throw new LinuxException(Native.LastErrno, "syncfs", fd.ToString());
    }

    /// <summary>
    /// sync_file_range(2) with SYNC_FILE_RANGE_WRITE: starts writing a range and does not wait, so that a later flush finds less to
    /// do. Only a hint: filesystems without it say so and nothing is lost.
    /// </summary>
    public static void StartWriteback(Fd fd, long offset, long length) =>
        _ = Native.syscall(SyscallNumbers.sync_file_range, fd.Number, (nint)offset, (nint)length, 2);

    /// <summary>Length of an open file (lseek(2) to its end; moves its position).</summary>
    public static long Length(Fd fd) => Native.Check(Native.syscall(SyscallNumbers.lseek, fd.Number, 0, 2), "lseek", fd.ToString());
}
