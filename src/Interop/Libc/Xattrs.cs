using System.Runtime.InteropServices;
using System.Text;
using Skiff.Interop.Libc;

namespace Skiff.Interop;

/// <summary>Extended attributes, xattr(7). The path forms work on the entry itself and never follow a final symlink.</summary>
public static unsafe partial class Xattrs
{
    /// <summary>lsetxattr(2).</summary>
    public static Errno TrySet(string path, string name, ReadOnlySpan<byte> value)
    {
        using var p = new NativePath(path);
        using var n = new NativePath(name);
        fixed (byte* pp = p.Bytes, pn = n.Bytes, pv = value) // SAFETY: NUL-terminated names, pinned; length of the span.
            return lsetxattr(pp, pn, pv, value.Length, 0) == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>fsetxattr(2).</summary>
    public static Errno TrySet(Fd fd, string name, ReadOnlySpan<byte> value)
    {
        using var n = new NativePath(name);
        fixed (byte* pn = n.Bytes, pv = value) // SAFETY: NUL-terminated name, pinned; length of the span.
            return fsetxattr(fd.Number, pn, pv, value.Length, 0) == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>lgetxattr(2); ENODATA when there is none.</summary>
    public static Errno TryGet(string path, string name, out byte[] value)
    {
        using var p = new NativePath(path);
        using var n = new NativePath(name);
        byte[] buffer = new byte[64 << 10];
        nint count;
        fixed (byte* pp = p.Bytes, pn = n.Bytes, pv = buffer) // SAFETY: NUL-terminated names, pinned; 64 KiB is the kernel's limit.
            count = lgetxattr(pp, pn, pv, buffer.Length);
        value = count > 0 ? buffer[..(int)count] : [];
        return count == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>llistxattr(2): the names.</summary>
    public static Errno TryList(string path, out string[] names)
    {
        using var p = new NativePath(path);
        byte[] buffer = new byte[64 << 10];
        nint count;
        fixed (byte* pp = p.Bytes, pb = buffer) // SAFETY: NUL-terminated, pinned; 64 KiB is the kernel's limit.
            count = llistxattr(pp, pb, buffer.Length);
        names = count > 0 ? Encoding.UTF8.GetString(buffer, 0, (int)count).Split('\0', StringSplitOptions.RemoveEmptyEntries) : [];
        return count == -1 ? Native.LastErrno : Errno.None;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int lsetxattr(byte* path, byte* name, byte* value, nint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsetxattr(int fd, byte* name, byte* value, nint size, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint lgetxattr(byte* path, byte* name, byte* value, nint size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint llistxattr(byte* path, byte* list, nint size);
}
