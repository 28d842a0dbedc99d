using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop;

/// <summary>
/// Calls for names that come from images: bytes, not always UTF-8. All give the errno as result; the path needs no
/// NUL, and one inside is EINVAL.
/// </summary>
public static unsafe partial class Files
{
    private const int AtSymlinkNoFollow = 0x100;

    /// <summary>
    /// openat2(2) of a path in bytes; see <see cref="TryOpenAt2(Fd, string, OpenFlags, uint, ResolveFlags, out
    /// Fd?)"/>.
    /// </summary>
    public static Errno TryOpenAt2(
        Fd directory, ReadOnlySpan<byte> path, OpenFlags flags, uint mode, ResolveFlags resolve, out Fd? fd)
    {
        ulong* how = stackalloc ulong[3] { (ulong)(flags | OpenFlags.O_CLOEXEC), mode, (ulong)resolve };
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call; how is struct open_how, 24 bytes.
        {
            for (int attempt = 0; ; attempt++)
            {
                nint r = Native.syscall(SyscallNumbers.openat2, directory.Number, (nint)name, (nint)how, 24);
                Errno errno = Result(r);
                if (errno == Errno.EINTR || (errno == Errno.EAGAIN && attempt < 128)) continue;
                fd = r == -1 ? null : new Fd((int)r);
                return errno;
            }
        }
    }

    /// <summary>The names in an open directory, without <c>.</c> and <c>..</c>, in the filesystem's order.</summary>
    public static List<byte[]> ListNames(Fd directory) => ReadAll(directory, static record => record.Name.ToArray());

    /// <summary>readlinkat(2) of a symlink that was opened with O_PATH and O_NOFOLLOW.</summary>
    public static byte[] ReadLink(Fd link)
    {
        byte* buffer = stackalloc byte[4096];
        byte empty = 0; // SAFETY: an empty path with its NUL; the buffer is 4096 bytes, PATH_MAX.
        nint r = Native.syscall(SyscallNumbers.readlinkat, link.Number, (nint)(&empty), (nint)buffer, 4096);
        return r == -1 ? throw new LinuxException(Native.LastErrno, "readlinkat", link.ToString())
            : new ReadOnlySpan<byte>(buffer, (int)r).ToArray();
    }

    /// <summary>mkdirat(2).</summary>
    public static Errno TryMkdirAt(Fd directory, ReadOnlySpan<byte> path, uint mode) =>
        OnPath(SyscallNumbers.mkdirat, directory, path, (nint)mode);

    /// <summary>mknodat(2); <paramref name="device"/> is as new_encode_dev() of the kernel makes it.</summary>
    public static Errno TryMknodAt(Fd directory, ReadOnlySpan<byte> path, uint mode, uint device) =>
        OnPath(SyscallNumbers.mknodat, directory, path, (nint)mode, (nint)device);

    /// <summary>unlinkat(2); <paramref name="directoryEntry"/> is AT_REMOVEDIR (rmdir).</summary>
    public static Errno TryUnlinkAt(Fd directory, ReadOnlySpan<byte> path, bool directoryEntry = false) =>
        OnPath(SyscallNumbers.unlinkat, directory, path, directoryEntry ? 0x200 : 0);

    /// <summary>symlinkat(2).</summary>
    public static Errno TrySymlinkAt(ReadOnlySpan<byte> target, Fd directory, ReadOnlySpan<byte> path)
    {
        using var a = new NativePath(target);
        using var b = new NativePath(path);
        fixed (byte* pa = a.Bytes, pb = b.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.syscall(SyscallNumbers.symlinkat, (nint)pa, directory.Number, (nint)pb));
    }

    /// <summary>linkat(2), without following a final symlink.</summary>
    public static Errno TryLinkAt(Fd fromDirectory, ReadOnlySpan<byte> from, Fd toDirectory, ReadOnlySpan<byte> to)
    {
        using var a = new NativePath(from);
        using var b = new NativePath(to);
        fixed (byte* pa = a.Bytes, pb = b.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.syscall(SyscallNumbers.linkat,
                fromDirectory.Number, (nint)pa, toDirectory.Number, (nint)pb, 0));
    }

    /// <summary>renameat2(2) without flags.</summary>
    public static Errno TryRenameAt(
        Fd fromDirectory, ReadOnlySpan<byte> from, Fd toDirectory, ReadOnlySpan<byte> to)
    {
        using var a = new NativePath(from);
        using var b = new NativePath(to);
        fixed (byte* pa = a.Bytes, pb = b.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.syscall(SyscallNumbers.renameat2,
                fromDirectory.Number, (nint)pa, toDirectory.Number, (nint)pb, 0));
    }

    /// <summary>fchownat(2) of the name itself, never of what a symlink leads to.</summary>
    public static Errno TryChownAt(Fd directory, ReadOnlySpan<byte> path, uint uid, uint gid) =>
        OnPath(SyscallNumbers.fchownat, directory, path, (nint)uid, (nint)gid, AtSymlinkNoFollow);

    /// <summary>fchmodat(2); follows a final symlink, so the caller makes sure that there is none.</summary>
    public static Errno TryChmodAt(Fd directory, ReadOnlySpan<byte> path, uint mode) =>
        OnPath(SyscallNumbers.fchmodat, directory, path, (nint)mode);

    /// <summary>fchown(2).</summary>
    public static Errno TryChown(Fd fd, uint uid, uint gid) =>
        Result(Native.syscall(SyscallNumbers.fchown, fd.Number, (nint)uid, (nint)gid));

    /// <summary>fchmod(2).</summary>
    public static Errno TryChmod(Fd fd, uint mode) =>
        Result(Native.syscall(SyscallNumbers.fchmod, fd.Number, (nint)mode));

    /// <summary>utimensat(2) of the name itself: sets both access and modification time.</summary>
    public static Errno TrySetTimesAt(Fd directory, ReadOnlySpan<byte> path, long seconds, int nanoseconds)
    {
        long* times = stackalloc long[4] { seconds, nanoseconds, seconds, nanoseconds };
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call; times is struct timespec[2].
            return Result(Native.syscall(SyscallNumbers.utimensat,
                directory.Number, (nint)name, (nint)times, AtSymlinkNoFollow));
    }

    /// <summary>futimens(3): sets both access and modification time of an open file.</summary>
    public static Errno TrySetTimes(Fd fd, long seconds, int nanoseconds)
    {
        long* times = stackalloc long[4] { seconds, nanoseconds, seconds, nanoseconds };
        // SAFETY: times is struct timespec[2] on this stack frame.
        return Result(Native.syscall(SyscallNumbers.utimensat, fd.Number, 0, (nint)times, 0));
    }

    /// <summary>fsetxattr(2).</summary>
    public static Errno TrySetXattr(Fd fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        using var n = new NativePath(name);
        fixed (byte* pn = n.Bytes, pv = value) // SAFETY: NUL-terminated name; value pinned with its length.
            return Result(Native.syscall(SyscallNumbers.fsetxattr, fd.Number, (nint)pn, (nint)pv, value.Length, 0));
    }

    /// <summary>lsetxattr(2): sets the attribute of the name itself.</summary>
    public static Errno TrySetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        using var p = new NativePath(path);
        using var n = new NativePath(name);
        // SAFETY: NUL-terminated strings; value pinned with its length.
        fixed (byte* pp = p.Bytes, pn = n.Bytes, pv = value)
            return Result(Native.syscall(SyscallNumbers.lsetxattr, (nint)pp, (nint)pn, (nint)pv, value.Length, 0));
    }

    private static Errno OnPath(int number, Fd directory, ReadOnlySpan<byte> path, nint a, nint b = 0, nint c = 0)
    {
        if (path.Contains((byte)0)) return Errno.EINVAL;
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.syscall(number, directory.Number, (nint)name, a, b, c));
    }
}
