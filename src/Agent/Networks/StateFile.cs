using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>Small state files, read whole.</summary>
internal static class StateFile
{
    /// <summary>The content; null when the file does not exist.</summary>
    public static byte[]? TryRead(string path)
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY, 0, out Fd? fd);
        if (errno == Errno.ENOENT) return null;
        if (errno != Errno.None) throw new LinuxException(errno, "openat", path);
        using (fd)
        {
            byte[] buffer = new byte[1024];
            int length = 0;
            while (Files.Read(fd!, buffer.AsSpan(length)) is var count and > 0)
            {
                length += count;
                if (length == buffer.Length) Array.Resize(ref buffer, length * 2);
            }
            return buffer.AsSpan(0, length).ToArray();
        }
    }

    /// <summary>Opens and locks a file, creating it and its directory; the lock ends with the descriptor.</summary>
    public static Fd Lock(string path, bool exclusive = true)
    {
        const OpenFlags flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT;
        Errno errno = Files.TryOpenAt(Fd.Cwd, path, flags, 0x180, out Fd? fd);
        if (errno == Errno.ENOENT)
        {
            Files.MakeDirectories(Path.GetDirectoryName(path)!);
            errno = Files.TryOpenAt(Fd.Cwd, path, flags, 0x180, out fd);
        }
        return errno == Errno.None ? Lock(fd!, path, exclusive) : throw new LinuxException(errno, "openat", path);
    }

    /// <summary>
    /// Locks the calling thread's network namespace itself, so that all engines in it take turns, whatever their run roots.
    /// </summary>
    public static Fd LockNetworkNamespace()
    {
        const string path = "/proc/thread-self/ns/net";
        return Lock(Files.Open(path, OpenFlags.O_RDONLY), path, exclusive: true);
    }

    private static Fd Lock(Fd fd, string path, bool exclusive)
    {
        Errno errno = Files.TryFlock(fd, exclusive, wait: true);
        if (errno == Errno.None) return fd;
        fd.Dispose();
        throw new LinuxException(errno, "flock", path);
    }
}
