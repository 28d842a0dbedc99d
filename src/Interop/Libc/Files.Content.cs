using System.Text;
using Skiff.Interop.Libc;

namespace Skiff.Interop;

public static unsafe partial class Files
{
    /// <summary>Reads a whole small file or a file of procfs, sysfs or a cgroup (whose length reads as 0).</summary>
    public static byte[] ReadAllBytes(string path)
    {
        Errno errno = TryReadAllBytes(Fd.Cwd, path, out byte[] content);
        return errno == Errno.None ? content : throw new LinuxException(errno, "read", path);
    }

    /// <summary>As <see cref="ReadAllBytes(string)"/>, decoded from UTF-8.</summary>
    public static string ReadAllText(string path) => Encoding.UTF8.GetString(ReadAllBytes(path));

    /// <summary>As <see cref="TryReadAllBytes"/>, decoded from UTF-8; "" on failure.</summary>
    public static Errno TryReadAllText(Fd directory, string path, out string content)
    {
        Errno errno = TryReadAllBytes(directory, path, out byte[] bytes);
        content = Encoding.UTF8.GetString(bytes);
        return errno;
    }

    /// <summary>Opens and reads a whole file, with the errno of the failing step as result.</summary>
    public static Errno TryReadAllBytes(Fd directory, string path, out byte[] content)
    {
        content = [];
        Errno errno = TryOpenAt(directory, path, OpenFlags.O_RDONLY, 0, out Fd? fd);
        if (errno != Errno.None) return errno;
        using (fd)
            return TryReadToEnd(fd!, out content);
    }

    /// <summary>Reads from the current position to the end.</summary>
    public static Errno TryReadToEnd(Fd fd, out byte[] content)
    {
        byte[] buffer = CallBuffers.Rent();
        int length = 0;
        Errno errno;
        while ((errno = TryRead(fd, buffer.AsSpan(length), out int count)) == Errno.None && count > 0)
        {
            length += count;
            if (length < buffer.Length) continue;
            // A file tells how long it is, most others tell nothing.
            if (buffer.Length == CallBuffers.Length
                && Stat(fd).Size is > CallBuffers.Length and < int.MaxValue and var size)
                return ReadLarge(fd, buffer, (int)size, out content);
            buffer = Grown(buffer, buffer.Length * 2);
        }
        content = buffer.AsSpan(0, length).ToArray();
        CallBuffers.Return(buffer);
        return errno;
    }

    // What fits is not copied once more; the file may be longer or shorter meanwhile.
    private static Errno ReadLarge(Fd fd, byte[] begun, int size, out byte[] content)
    {
        int length = begun.Length;
        content = Grown(begun, size);
        Span<byte> more = stackalloc byte[1];
        Errno errno;
        while ((errno = TryRead(fd, content.AsSpan(length), out int count)) == Errno.None && count > 0)
        {
            length += count;
            if (length < content.Length) continue;
            errno = TryRead(fd, more, out count);
            if (errno != Errno.None || count == 0) return errno;
            content = Grown(content, content.Length * 2);
            content[length++] = more[0];
        }
        Array.Resize(ref content, length);
        return errno;
    }

    private static byte[] Grown(byte[] buffer, int size)
    {
        byte[] larger = GC.AllocateUninitializedArray<byte>(size);
        buffer.CopyTo(larger, 0);
        CallBuffers.Return(buffer);
        return larger;
    }

    /// <summary>
    /// Writes to a file that exists (never creates or truncates) in one write(2), as procfs, sysfs and cgroups want it.
    /// EIO stands for a write that was cut short.
    /// </summary>
    public static Errno TryWriteFile(Fd directory, string path, ReadOnlySpan<byte> content)
    {
        Errno errno = TryOpenAt(directory, path, OpenFlags.O_WRONLY, 0, out Fd? fd);
        if (errno != Errno.None) return errno;
        using (fd)
        {
            errno = TryWrite(fd!, content, out int count);
            return errno == Errno.None && count != content.Length ? Errno.EIO : errno;
        }
    }

    /// <summary>As <see cref="TryWriteFile(Fd, string, ReadOnlySpan{byte})"/> with an absolute path and text.</summary>
    public static Errno TryWriteFile(string path, string content) =>
        TryWriteFile(Fd.Cwd, path, Encoding.UTF8.GetBytes(content));

    /// <summary>As <see cref="TryWriteFile(string, string)"/>, throwing on failure.</summary>
    public static void WriteFile(string path, string content)
    {
        Errno errno = TryWriteFile(path, content);
        if (errno != Errno.None) throw new LinuxException(errno, "write", path);
    }

    /// <summary>The names in an open directory, without <c>.</c> and <c>..</c>, in the filesystem's order.</summary>
    public static List<DirectoryEntry> ListDirectory(Fd directory) => ReadAll(directory,
        static record => new DirectoryEntry(Encoding.UTF8.GetString(record.Name), record.Type));

    private delegate T FromRecord<out T>(DirectoryRecord record);

    private static List<T> ReadAll<T>(Fd directory, FromRecord<T> make)
    {
        var entries = new List<T>();
        byte[] buffer = CallBuffers.Rent();
        try
        {
            SeekStart(directory);
            int length;
            while ((length = ReadDirectory(directory, buffer)) > 0)
                foreach (DirectoryRecord record in new DirectoryRecords(buffer.AsSpan(0, length)))
                    entries.Add(make(record));
        }
        finally
        {
            CallBuffers.Return(buffer);
        }
        return entries;
    }

    /// <summary>The names in the directory at <paramref name="path"/>; see <see cref="ListDirectory(Fd)"/>.</summary>
    public static List<DirectoryEntry> ListDirectory(string path)
    {
        using Fd fd = Open(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        return ListDirectory(fd);
    }

    /// <summary>The bare names in the directory at <paramref name="path"/>; ENOENT when it is missing.</summary>
    public static Errno TryListDirectory(string path, out List<string> names)
    {
        names = [];
        Errno errno = TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0, out Fd? fd);
        if (errno != Errno.None) return errno;
        using (fd)
            foreach (DirectoryEntry entry in ListDirectory(fd!))
                names.Add(entry.Name);
        return Errno.None;
    }


    /// <summary>getdents64(2); 0 at the end, and for a directory that was removed while it is open (ENOENT).</summary>
    internal static int ReadDirectory(Fd directory, Span<byte> buffer)
    {
        nint r;
        fixed (byte* b = buffer) // SAFETY: pinned for the call, length from the span.
            r = Native.getdents64(directory.Number, b, buffer.Length);
        if (r != -1) return (int)r;
        Errno errno = Native.LastErrno;
        return errno == Errno.ENOENT ? 0 : throw new LinuxException(errno, "getdents64", directory.ToString());
    }

    /// <summary>Back to the first entry or byte.</summary>
    internal static void SeekStart(Fd fd)
    {
        if (Native.lseek(fd.Number, 0, 0) == -1)
            throw new LinuxException(Native.LastErrno, "lseek", fd.ToString());
    }
}
