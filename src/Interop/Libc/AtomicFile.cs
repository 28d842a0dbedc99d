namespace Skiff.Interop;

/// <summary>State files that are either the old or the new content, whatever happens in between.</summary>
public static class AtomicFile
{
    private const string Temporary = ".tmp";

    private static int s_serial;

    /// <summary>
    /// Replaces <paramref name="path"/> by writing a sibling and renaming it over. With <paramref name="durable"/> the
    /// file and its directory are flushed (write, fsync, rename, fsync), so that the new content outlives a power cut
    /// once this returns.
    /// </summary>
    public static void Replace(string path, ReadOnlySpan<byte> content, bool durable, uint mode = 0x1A4)
    {
        string directory = Path.GetDirectoryName(path)!;
        string temporary = $"{path}.{Environment.ProcessId}.{Interlocked.Increment(ref s_serial)}{Temporary}";
        try
        {
            using (Fd fd = Files.Open(temporary, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC, mode))
            {
                Files.WriteAll(fd, content);
                if (durable) Files.Fsync(fd);
            }
            Files.Rename(temporary, path);
        }
        catch
        {
            Files.TryUnlinkAt(Fd.Cwd, temporary);
            throw;
        }
        if (durable) SyncDirectory(directory);
    }

    /// <summary>
    /// Removes the siblings that processes have left which were killed in the middle of <see cref="Replace"/>. The
    /// caller makes sure that nobody is in the middle of one now, and that no other file's name ends in
    /// <c>.tmp</c>.
    /// </summary>
    public static void RemoveTemporaries(string directory)
    {
        if (Files.TryListDirectory(directory, out List<string> names) != Errno.None) return;
        foreach (string name in names)
            if (name.EndsWith(Temporary, StringComparison.Ordinal))
                Files.TryUnlinkAt(Fd.Cwd, Path.Join(directory, name));
    }

    /// <summary>fsync(2) of a directory: makes renames, creations and removals in it durable.</summary>
    public static void SyncDirectory(string directory)
    {
        using Fd fd = Files.Open(directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        Files.Fsync(fd);
    }
}
