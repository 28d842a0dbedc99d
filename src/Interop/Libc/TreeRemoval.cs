using System.Buffers;
using System.Text;
using Skiff.Interop.Libc;

namespace Skiff.Interop;

/// <summary>
/// Removes a directory tree by descriptors: never follows a symlink, never enters a mount, works on names that are no
/// UTF-8 and on trees deeper than the descriptor limit. Goes on after a failure and reports all of them. Others may
/// remove the same tree meanwhile: what they have removed is no failure.
/// </summary>
public sealed unsafe class TreeRemoval
{
    // A container can nest directories far deeper than a process may hold descriptors: from here on, directories are
    // moved up to the top of the tree and removed there.
    private const int DeepestLevel = 48;

    private const int MostAttempts = 20;

    private readonly List<LinuxException> _failures = [];
    private readonly Fd _top;
    private readonly bool _ofOthers;
    private int _hoisted;

    private TreeRemoval(Fd top, bool ofOthers) => (_top, _ofOthers) = (top, ofOthers);

    /// <summary>Removes <paramref name="path"/>; see <see cref="RemoveAt(Fd, string)"/>.</summary>
    public static IReadOnlyList<LinuxException> Remove(string path) => RemoveAt(Fd.Cwd, path);

    /// <summary>
    /// Removes the file or tree at <paramref name="path"/> in <paramref name="directory"/>. Returns what could not be
    /// removed; an empty list means that nothing is left. A missing path is success. A mount point is refused (EBUSY),
    /// as is everything that has a mount below it, while the rest goes.
    /// </summary>
    public static IReadOnlyList<LinuxException> RemoveAt(Fd directory, string path) =>
        RemoveAt(directory, Encoding.UTF8.GetBytes(path));

    /// <summary>The same with a path that need not be UTF-8.</summary>
    /// <param name="directory">Where it begins.</param>
    /// <param name="path">The path.</param>
    /// <param name="ofOthers">The tree is seen through a mount namespace of others: what is mounted there the kernel
    /// would take away together with its place, so each place is looked at first.</param>
    public static IReadOnlyList<LinuxException> RemoveAt(
        Fd directory, ReadOnlySpan<byte> path, bool ofOthers = false)
    {
        Errno errno = Files.TryUnlinkAt(directory, path);
        if (errno is Errno.None or Errno.ENOENT) return [];
        if (errno != Errno.EISDIR) return [Failure(errno, "unlinkat", directory, path)];
        errno = Files.TryOpenAt2(directory, path, OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, 0, ResolveFlags.None,
            out Fd? top);
        if (errno == Errno.ENOENT) return [];
        if (errno != Errno.None) return [Failure(errno, "openat2", directory, path)];
        using (top)
        {
            if (Files.Stat(top!).IsMountRoot) return [Failure(Errno.EBUSY, "rmdir of a mount point", directory, path)];
            var removal = new TreeRemoval(top!, ofOthers);
            errno = Errno.ENOTEMPTY;
            // Somebody else who removes the tree may just have moved a directory up to its top.
            for (int attempt = 0; errno == Errno.ENOTEMPTY && attempt < MostAttempts; attempt++)
            {
                removal.Empty(top!, 0);
                if (removal._failures.Count > 0) return removal._failures;
                errno = Files.TryUnlinkAt(directory, path, directoryEntry: true);
            }
            if (errno is not (Errno.None or Errno.ENOENT))
                removal._failures.Add(Failure(errno, "rmdir", directory, path));
            return removal._failures;
        }
    }

    /// <summary>Removes all entries. Reads again until a pass removes nothing: entries move while others go.</summary>
    private void Empty(Fd directory, int level)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Files.DirectoryBuffer);
        try
        {
            bool removed;
            do
            {
                removed = false;
                int known = _failures.Count;
                Files.SeekStart(directory);
                int length;
                while ((length = Files.ReadDirectory(directory, buffer)) > 0)
                    foreach (DirectoryRecord record in new DirectoryRecords(buffer.AsSpan(0, length)))
                        removed |= RemoveEntry(directory, record, level);
                // Only the last pass counts: the earlier ones met the same failures.
                if (removed && _failures.Count > known) _failures.RemoveRange(known, _failures.Count - known);
            }
            while (removed);
        }
        catch (LinuxException e)
        {
            _failures.Add(e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool RemoveEntry(Fd directory, DirectoryRecord record, int level)
    {
        if (_ofOthers && IsMountPoint(directory, record.Name))
        {
            Fail(Errno.EBUSY, "unlinkat of a mount point", directory, record.Name);
            return false;
        }
        Errno errno = Errno.EISDIR;
        if (record.Type != FileType.DT_DIR)
        {
            errno = Unlink(directory, record.Name, 0);
            if (errno is Errno.None or Errno.ENOENT) return errno == Errno.None;
        }
        if (errno == Errno.EISDIR) return RemoveDirectory(directory, record.Name, level);
        Fail(errno, "unlinkat", directory, record.Name);
        return false;
    }

    private bool RemoveDirectory(Fd directory, ReadOnlySpan<byte> name, int level)
    {
        // The common case of an empty directory needs no descriptor.
        Errno errno = Unlink(directory, name, AtFlags.AT_REMOVEDIR);
        if (errno is Errno.None or Errno.ENOENT) return errno == Errno.None;
        if (errno != Errno.ENOTEMPTY && errno != Errno.EEXIST)
        {
            Fail(errno, "rmdir", directory, name);
            return false;
        }
        if (level >= DeepestLevel) return Hoist(directory, name);
        errno = OpenChild(directory, name, out Fd? child);
        if (errno == Errno.ENOENT) return false;
        if (errno != Errno.None)
        {
            Fail(errno, errno == Errno.EXDEV ? "openat2 of a mount point" : "openat2", directory, name);
            return false;
        }
        int known = _failures.Count;
        using (child)
            Empty(child!, level + 1);
        if (_failures.Count > known) return false;
        errno = Unlink(directory, name, AtFlags.AT_REMOVEDIR);
        if (errno is not (Errno.None or Errno.ENOENT)) Fail(errno, "rmdir", directory, name);
        return errno == Errno.None;
    }

    private bool Hoist(Fd directory, ReadOnlySpan<byte> name)
    {
        Span<byte> to = stackalloc byte[32];
        Errno errno;
        do
        {
            Encoding.ASCII.GetBytes($".removing-{_hoisted++}\0", to);
            fixed (byte* from = name, target = to) // SAFETY: both NUL-terminated (see Unlink), pinned for the call.
                errno = Files.RenameNoReplace(directory, from, _top, target);
        }
        while (errno == Errno.EEXIST);
        if (errno is not (Errno.None or Errno.ENOENT)) Fail(errno, "renameat2", directory, name);
        return errno == Errno.None;
    }

    // SAFETY: the name lies in a getdents64 buffer, where a NUL follows it.
    private static Errno Unlink(Fd directory, ReadOnlySpan<byte> name, AtFlags flags)
    {
        fixed (byte* n = name)
            return Native.unlinkat(directory.Number, n, (int)flags) == -1 ? Native.LastErrno : Errno.None;
    }

    private static Errno OpenChild(Fd directory, ReadOnlySpan<byte> name, out Fd? child)
    {
        fixed (byte* n = name) // SAFETY: as in Unlink.
            return Files.TryOpenAt2Raw(directory, n, OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW, 0,
                ResolveFlags.RESOLVE_NO_XDEV | ResolveFlags.RESOLVE_NO_SYMLINKS, out child);
    }

    private static bool IsMountPoint(Fd directory, ReadOnlySpan<byte> name)
    {
        fixed (byte* n = name) // SAFETY: as in Unlink.
        {
            Errno errno = Files.TryOpenAt2Raw(directory, n, OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW, 0,
                ResolveFlags.RESOLVE_NO_XDEV, out Fd? place);
            place?.Dispose();
            return errno == Errno.EXDEV;
        }
    }

    private void Fail(Errno errno, string call, Fd directory, ReadOnlySpan<byte> name) =>
        _failures.Add(Failure(errno, call, directory, name));

    private static LinuxException Failure(Errno errno, string call, Fd directory, ReadOnlySpan<byte> name)
    {
        string shown = Encoding.UTF8.GetString(name);
        return new LinuxException(errno, call, directory.Number < 0 ? shown : $"{directory}, {shown}");
    }
}
