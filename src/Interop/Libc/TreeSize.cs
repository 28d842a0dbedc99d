namespace Skiff.Interop;

/// <summary>
/// How much a directory tree holds, as <c>du --apparent-size</c> counts regular files and symlinks: without following
/// symlinks or entering mounts, a file with several names once. However deep the tree, it takes two descriptors and no
/// recursion; what lies deeper than a path can name is not counted.
/// </summary>
public sealed class TreeSize
{
    private readonly HashSet<ulong> _linked = [];
    private readonly Stack<string> _pending = new(["."]);
    private long _bytes;

    private TreeSize() { }

    /// <summary>Bytes in the tree at <paramref name="path"/>; 0 when there is none. What goes away while it is counted
    /// does not count.</summary>
    public static long Of(string path)
    {
        if (Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY, 0, out Fd? top) != Errno.None)
            return 0;
        var size = new TreeSize();
        using (top)
            while (size._pending.TryPop(out string? directory)) size.Add(top!, directory);
        return size._bytes;
    }

    private void Add(Fd top, string path)
    {
        if (Files.TryOpenAt2(top, path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0,
            ResolveFlags.RESOLVE_BENEATH | ResolveFlags.RESOLVE_NO_SYMLINKS | ResolveFlags.RESOLVE_NO_XDEV,
            out Fd? directory) != Errno.None) return;
        using (directory)
            foreach (DirectoryEntry entry in Files.ListDirectory(directory!))
            {
                if (Files.TryStatAt(directory!, entry.Name, AtFlags.AT_SYMLINK_NOFOLLOW, out FileStatus status)
                    != Errno.None) continue;
                if (status.IsDirectory) _pending.Push($"{path}/{entry.Name}");
                else if ((status.IsRegular || status.IsSymlink) && (status.Nlink == 1 || _linked.Add(status.Ino)))
                    _bytes += status.Size;
            }
    }
}
