using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop;

public static unsafe partial class Files
{
    /// <summary>UTIME_NOW as nanoseconds: the current time.</summary>
    public const long UTIME_NOW = 0x3FFFFFFF;

    /// <summary>UTIME_OMIT as nanoseconds: leave this time alone.</summary>
    public const long UTIME_OMIT = 0x3FFFFFFE;

    /// <summary>
    /// mknodat(2): <paramref name="mode"/> with its type bits (S_IFCHR 0x2000, S_IFBLK 0x6000, S_IFIFO 0x1000); the
    /// umask applies.
    /// </summary>
    public static Errno TryMknodAt(Fd directory, string path, uint mode, uint major = 0, uint minor = 0)
    {
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.syscall(
                SyscallNumbers.mknodat, directory.Number, (nint)name, (nint)mode, (nint)DeviceNumber(major, minor)));
    }

    /// <summary>The kernel's 32-bit device number (new_encode_dev), as mknodat takes it.</summary>
    public static uint DeviceNumber(uint major, uint minor) => (minor & 0xFF) | (major << 8) | ((minor & ~0xFFu) << 12);

    /// <summary>
    /// fchmodat(3). With <paramref name="noFollow"/> a final symlink gives EOPNOTSUPP instead of changing its target.
    /// </summary>
    public static Errno TryChmodAt(Fd directory, string path, uint mode, bool noFollow = false)
    {
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.fchmodat(directory.Number, name, mode,
                noFollow ? (int)AtFlags.AT_SYMLINK_NOFOLLOW : 0));
    }

    /// <summary>fchmod(2).</summary>
    public static Errno TryFchmod(Fd fd, uint mode) => Result(Native.fchmod(fd.Number, mode));

    /// <summary>fchownat(2); by default a final symlink itself changes its owner.</summary>
    public static Errno TryChownAt(
        Fd directory, string path, uint uid, uint gid, AtFlags flags = AtFlags.AT_SYMLINK_NOFOLLOW)
    {
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.fchownat(directory.Number, name, uid, gid, (int)flags));
    }

    /// <summary>linkat(2): a second name for a file; a final symlink of the source is linked itself.</summary>
    public static Errno TryLinkAt(
        Fd fromDirectory, string from, Fd toDirectory, string to, AtFlags flags = AtFlags.None)
    {
        using var a = new NativePath(from);
        using var b = new NativePath(to);
        fixed (byte* pa = a.Bytes, pb = b.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.linkat(fromDirectory.Number, pa, toDirectory.Number, pb, (int)flags));
    }

    /// <summary>
    /// utimensat(2) of the modification time, of a final symlink itself; the access time becomes the same.
    /// </summary>
    public static Errno TryUtimens(Fd directory, string path, long seconds, long nanoseconds)
    {
        timespec* times = stackalloc timespec[2];
        times[0] = times[1] = new timespec { tv_sec = seconds, tv_nsec = nanoseconds };
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call; times has the two entries.
            return Result(Native.utimensat(directory.Number, name, times, (int)AtFlags.AT_SYMLINK_NOFOLLOW));
    }

    /// <summary>utimensat(2) of an open file, both times.</summary>
    public static Errno TryUtimens(Fd fd, long seconds, long nanoseconds)
    {
        timespec* times = stackalloc timespec[2];
        times[0] = times[1] = new timespec { tv_sec = seconds, tv_nsec = nanoseconds };
        return Result(Native.utimensat(fd.Number, null, times, 0)); // SAFETY: no path: the descriptor itself.
    }

    /// <summary>umask(2): sets the mask of the whole process and returns the old one.</summary>
    public static uint SetUmask(uint mask) => (uint)Native.syscall(SyscallNumbers.umask, (nint)mask);
}
