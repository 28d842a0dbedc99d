using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop;

/// <summary>Listing and removing directories, by descriptor.</summary>
public static unsafe partial class Files
{
    private const int DirentNameOffset = 19; // struct linux_dirent64: ino, off, reclen (2), type (1), name.

    /// <summary>Names in a directory, dots left out, in no order; none when the directory is missing.</summary>
    public static IReadOnlyList<string> Names(string directory)
    {
        Errno errno = TryListDirectory(directory, out List<string> names);
        if (errno is Errno.None or Errno.ENOENT) return names;
        throw new LinuxException(errno, "openat", directory);
    }

    /// <summary>Removes a name and everything below it, following no symlink and staying on its filesystem; a missing one is fine.</summary>
    /// <exception cref="LinuxException">EBUSY when something is mounted there.</exception>
    public static void RemoveTree(Fd directory, string name) => RemoveTree(directory, Encoding.UTF8.GetBytes(name));

    /// <summary>As <see cref="RemoveTree(Fd, string)"/>, for a name in bytes.</summary>
    public static void RemoveTree(Fd directory, ReadOnlySpan<byte> name)
    {
        Errno errno = TryUnlinkAt(directory, name);
        if (errno is Errno.None or Errno.ENOENT) return;
        if (errno != Errno.EISDIR) throw Failed(errno, "unlinkat", directory, name);
        errno = TryOpenAt2(directory, name, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, 0,
            ResolveFlags.RESOLVE_NO_XDEV | ResolveFlags.RESOLVE_NO_SYMLINKS, out Fd? fd);
        if (errno == Errno.ENOENT) return;
        if (errno != Errno.None) throw Failed(errno, "openat2", directory, name);
        using (fd) RemoveContent(fd!);
        errno = TryUnlinkAt(directory, name, directoryEntry: true);
        if (errno is not (Errno.None or Errno.ENOENT)) throw Failed(errno, "unlinkat", directory, name);
    }

    private static void RemoveContent(Fd directory)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(1 << 15);
        // Removing while listing may skip names on some filesystems, so the listing starts over until it is empty.
        for (bool found = true; found;)
        {
            found = false;
            Rewind(directory);
            for (int length; (length = ReadDirents(directory, buffer)) > 0;)
                for (int at = 0; at < length; at += RecordLength(buffer, at))
                {
                    ReadOnlySpan<byte> name = NameAt(buffer, at);
                    if (IsDot(name)) continue;
                    found = true;
                    RemoveTree(directory, name);
                }
        }
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private static void Rewind(Fd directory) => Native.Check(Native.syscall(SyscallNumbers.lseek, directory.Number), "lseek");

    private static int ReadDirents(Fd directory, byte[] buffer)
    {
        fixed (byte* b = buffer) // SAFETY: pinned for the call, length from the array.
            return (int)Native.Check(Native.syscall(SyscallNumbers.getdents64, directory.Number, (nint)b, buffer.Length), "getdents64", directory.ToString());
    }

    private static int RecordLength(byte[] buffer, int at) => BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 16));

    private static ReadOnlySpan<byte> NameAt(byte[] buffer, int at)
    {
        ReadOnlySpan<byte> name = buffer.AsSpan(at + DirentNameOffset, RecordLength(buffer, at) - DirentNameOffset);
        return name[..name.IndexOf((byte)0)];
    }

    private static bool IsDot(ReadOnlySpan<byte> name) => name.SequenceEqual("."u8) || name.SequenceEqual(".."u8);

    private static LinuxException Failed(Errno errno, string call, Fd directory, ReadOnlySpan<byte> name) =>
        new(errno, call, Where(directory, Encoding.UTF8.GetString(name)));
}
