using System.Runtime.InteropServices;
using System.Text;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop;

/// <summary>Small files and directories, read whole.</summary>
public static unsafe partial class Files
{
    private const int NameOffset = 19; // struct linux_dirent64: ino 8, off 8, reclen 2, type 1, name.

    /// <summary>The content of a file of moderate size; empty on failure. ENOENT is for the caller to handle.</summary>
    public static Errno TryReadAll(string path, out byte[] content)
    {
        content = [];
        Errno errno = TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY, 0, out Fd? fd);
        if (errno != Errno.None) return errno;
        using (fd)
        {
            byte[] buffer = new byte[1024];
            int length = 0;
            // The size that fstat tells is 0 for procfs and sysfs, so read until the end.
            while ((errno = TryRead(fd!, buffer.AsSpan(length), out int count)) == Errno.None && count > 0)
            {
                length += count;
                if (length == buffer.Length) Array.Resize(ref buffer, length * 2);
            }
            if (errno == Errno.None) content = buffer.AsSpan(0, length).ToArray();
            return errno;
        }
    }

    /// <summary>A directory's names without <c>.</c> and <c>..</c>, unordered; ENOENT when it is missing.</summary>
    public static Errno TryListDirectory(string path, out List<string> names)
    {
        names = [];
        const OpenFlags flags = OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY;
        Errno errno = TryOpenAt(Fd.Cwd, path, flags, 0, out Fd? fd);
        if (errno != Errno.None) return errno;
        using (fd)
        {
            byte[] buffer = new byte[8192];
            while (true)
            {
                nint count;
                fixed (byte* b = buffer) // SAFETY: pinned for the call, length of the array.
                    count = Native.syscall(SyscallNumbers.getdents64, fd!.Number, (nint)b, buffer.Length);
                if (count <= 0) return count == 0 ? Errno.None : Native.LastErrno;
                AddNames(buffer.AsSpan(0, (int)count), names);
            }
        }
    }

    private static void AddNames(ReadOnlySpan<byte> entries, List<string> names)
    {
        while (entries.Length > NameOffset)
        {
            ushort length = MemoryMarshal.Read<ushort>(entries[16..]);
            ReadOnlySpan<byte> name = entries[NameOffset..length];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8)) names.Add(Encoding.UTF8.GetString(name));
            entries = entries[length..];
        }
    }
}
