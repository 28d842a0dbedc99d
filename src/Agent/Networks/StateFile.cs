using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>Small state files, read whole.</summary>
internal static class StateFile
{
    /// <summary>The content; null when the file does not exist.</summary>
    public static byte[]? TryRead(string path)
    {
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, path, out byte[] content);
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "read", path);
        return errno == Errno.None ? content : null;
    }

    /// <summary>The names in a directory; none when it does not exist.</summary>
    public static List<string> Names(string directory)
    {
        var names = new List<string>();
        const OpenFlags flags = OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY;
        Errno errno = Files.TryOpenAt(Fd.Cwd, directory, flags, 0, out Fd? fd);
        if (errno == Errno.ENOENT) return names;
        if (errno != Errno.None) throw new LinuxException(errno, "openat", directory);
        using (fd)
            foreach (DirectoryEntry entry in Files.ListDirectory(fd!)) names.Add(entry.Name);
        return names;
    }

    /// <summary>Opens and locks a file, creating it and its directory; for whoever disposes of it.</summary>
    public static FileLock Lock(string path, bool exclusive = true)
    {
        const OpenFlags flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT;
        Errno errno = Files.TryOpenAt(Fd.Cwd, path, flags, 0x180, out Fd? fd);
        if (errno == Errno.ENOENT)
        {
            Files.MakeDirectories(Path.GetDirectoryName(path)!);
            errno = Files.TryOpenAt(Fd.Cwd, path, flags, 0x180, out fd);
        }
        if (errno != Errno.None) throw new LinuxException(errno, "openat", path);
        return FileLock.Take(fd!, path, exclusive);
    }

    /// <summary>
    /// Locks the calling thread's network namespace itself, so that all engines in it take turns, whatever their run
    /// roots.
    /// </summary>
    public static FileLock LockNetworkNamespace()
    {
        const string path = "/proc/thread-self/ns/net";
        return FileLock.Take(Files.Open(path, OpenFlags.O_RDONLY), path);
    }
}
