using System.Buffers;
using System.Text;
using Skiff.Interop.Libc;

namespace Skiff.Interop;

/// <summary>
/// Extended attributes, xattr(7). The path forms work on the entry itself and never follow a final symlink.
/// </summary>
public static unsafe class Xattrs
{
    // XATTR_SIZE_MAX and XATTR_LIST_MAX: nothing is larger.
    private const int Largest = 64 << 10;

    /// <summary>lsetxattr(2).</summary>
    public static Errno TrySet(string path, string name, ReadOnlySpan<byte> value)
    {
        using var p = new NativePath(path);
        using var n = new NativePath(name);
        // SAFETY: NUL-terminated names, pinned; length of the span.
        fixed (byte* pp = p.Bytes, pn = n.Bytes, pv = value)
            return Result(Native.lsetxattr(pp, pn, pv, value.Length, 0));
    }

    /// <summary>fsetxattr(2), of an O_PATH descriptor too.</summary>
    public static Errno TrySet(Fd fd, string name, ReadOnlySpan<byte> value)
    {
        using var n = new NativePath(name);
        using var link = new NativePath(LinkOf(fd));
        // SAFETY: NUL-terminated names, pinned; length of the span.
        fixed (byte* pn = n.Bytes, pl = link.Bytes, pv = value)
        {
            Errno errno = Result(Native.fsetxattr(fd.Number, pn, pv, value.Length, 0));
            return errno == Errno.EBADF ? Result(Native.setxattr(pl, pn, pv, value.Length, 0)) : errno;
        }
    }

    /// <summary>lgetxattr(2); ENODATA when there is none.</summary>
    public static Errno TryGet(string path, string name, out byte[] value)
    {
        using var p = new NativePath(path);
        using var n = new NativePath(name);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Largest);
        nint count;
        // SAFETY: NUL-terminated names, pinned; the kernel's limit.
        fixed (byte* pp = p.Bytes, pn = n.Bytes, pv = buffer)
            count = Native.lgetxattr(pp, pn, pv, Largest);
        return Take(buffer, count, out value);
    }

    /// <summary>fgetxattr(2), of an O_PATH descriptor too; ENODATA when there is none.</summary>
    public static Errno TryGet(Fd fd, string name, out byte[] value)
    {
        using var n = new NativePath(name);
        using var link = new NativePath(LinkOf(fd));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Largest);
        nint count;
        // SAFETY: NUL-terminated names, pinned; the kernel's limit.
        fixed (byte* pn = n.Bytes, pl = link.Bytes, pv = buffer)
        {
            count = Native.fgetxattr(fd.Number, pn, pv, Largest);
            if (Result(count) == Errno.EBADF) count = Native.getxattr(pl, pn, pv, Largest);
        }
        return Take(buffer, count, out value);
    }

    /// <summary>llistxattr(2): the names.</summary>
    public static Errno TryList(string path, out string[] names)
    {
        using var p = new NativePath(path);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Largest);
        nint count;
        fixed (byte* pp = p.Bytes, pb = buffer) // SAFETY: NUL-terminated, pinned; the kernel's limit.
            count = Native.llistxattr(pp, pb, Largest);
        Errno errno = Take(buffer, count, out byte[] list);
        names = Names(list);
        return errno;
    }

    /// <summary>flistxattr(2), of an O_PATH descriptor too: the names.</summary>
    public static Errno TryList(Fd fd, out string[] names)
    {
        using var link = new NativePath(LinkOf(fd));
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Largest);
        nint count;
        fixed (byte* pl = link.Bytes, pb = buffer) // SAFETY: NUL-terminated, pinned; the kernel's limit.
        {
            count = Native.flistxattr(fd.Number, pb, Largest);
            if (Result(count) == Errno.EBADF) count = Native.listxattr(pl, pb, Largest);
        }
        Errno errno = Take(buffer, count, out byte[] list);
        names = Names(list);
        return errno;
    }

    /// <summary>lremovexattr(2); ENODATA when there is none.</summary>
    public static Errno TryRemove(string path, string name)
    {
        using var p = new NativePath(path);
        using var n = new NativePath(name);
        fixed (byte* pp = p.Bytes, pn = n.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.lremovexattr(pp, pn));
    }

    /// <summary>fremovexattr(2); ENODATA when there is none.</summary>
    public static Errno TryRemove(Fd fd, string name)
    {
        using var n = new NativePath(name);
        fixed (byte* pn = n.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.fremovexattr(fd.Number, pn));
    }

    // The calls on descriptors refuse those of O_PATH with EBADF. Following this link ends at the very inode that the
    // descriptor is of, a symlink included, whatever has become of its name (proc_pid_fd(5)).
    private static string LinkOf(Fd fd) => $"/proc/self/fd/{fd.Number}";

    private static Errno Result(nint result) => result == -1 ? Native.LastErrno : Errno.None;

    // Copies the result out and gives the buffer back; the errno is read first.
    private static Errno Take(byte[] buffer, nint count, out byte[] value)
    {
        Errno errno = Result(count);
        value = count > 0 ? buffer.AsSpan(0, (int)count).ToArray() : [];
        ArrayPool<byte>.Shared.Return(buffer);
        return errno;
    }

    private static string[] Names(byte[] list) =>
        list.Length == 0 ? [] : Encoding.UTF8.GetString(list).Split('\0', StringSplitOptions.RemoveEmptyEntries);
}
