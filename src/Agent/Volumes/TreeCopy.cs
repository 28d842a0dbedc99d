using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Volumes;

/// <summary>
/// Copies a directory tree by descriptors only: owners, modes, times, xattrs, links and device nodes included. Others
/// may be changing the target meanwhile: no symlink in it is followed.
/// </summary>
internal static class TreeCopy
{
    /// <summary>
    /// Makes <paramref name="target"/> an equal of <paramref name="source"/>; hard links inside the tree stay hard
    /// links.
    /// </summary>
    public static void Copy(Fd source, Fd target) => CopyDirectory(source, target, target, "", []);

    private static void CopyDirectory(Fd source, Fd target, Fd root, string prefix, Dictionary<(uint, uint, ulong),
        string> links)
    {
        foreach (var entry in Files.ListDirectory(source))
        {
            FileStatus status = Files.StatAt(source, entry.Name, AtFlags.AT_SYMLINK_NOFOLLOW);
            string path = prefix.Length == 0 ? entry.Name : $"{prefix}/{entry.Name}";
            if (status.IsDirectory)
            {
                Check(Files.TryMkdirAt(target, entry.Name, 0x1C0), "mkdirat", path);
                using Fd from =
                    Files.OpenAt(source, entry.Name, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW);
                using Fd to =
                    Files.OpenAt(target, entry.Name, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_NOFOLLOW);
                CopyDirectory(from, to, root, path, links);
                continue;
            }
            var inode = (status.DevMajor, status.DevMinor, status.Ino);
            if (status.Nlink > 1 && links.TryGetValue(inode, out string? first))
            {
                Link(root, first, target, entry.Name, path);
                continue;
            }
            CopyNode(source, target, entry.Name, status);
            if (status.Nlink > 1) links[inode] = path;
        }
        FileStatus own = Files.Stat(source);
        CopyXattrs($"/proc/self/fd/{source.Number}/.", $"/proc/self/fd/{target.Number}/.");
        Check(Files.TryChownAt(target, ".", own.Uid, own.Gid), "fchownat", prefix);
        Check(Files.TryChmodAt(target, ".", own.Permissions), "fchmodat", prefix);
        Check(Files.TryUtimens(target, ".", own.MtimeSeconds, own.MtimeNanoseconds), "utimensat", prefix);
    }

    private static void CopyNode(Fd source, Fd target, string name, FileStatus status)
    {
        if (status.IsSymlink)
        {
            Check(Files.TryReadLinkAt(source, name, out string link), "readlinkat", name);
            Check(Files.TrySymlinkAt(link, target, name), "symlinkat", name);
        }
        else if (status.IsRegular)
        {
            using Fd from = Files.OpenAt(source, name, OpenFlags.O_RDONLY | OpenFlags.O_NOFOLLOW);
            using Fd to = Files.OpenAt(target, name, OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL, 0x180);
            CopyContent(from, to);
        }
        else
        {
            Check(Files.TryMknodAt(target, name, status.Mode, status.RdevMajor, status.RdevMinor), "mknodat", name);
        }
        CopyXattrs($"/proc/self/fd/{source.Number}/{name}", $"/proc/self/fd/{target.Number}/{name}");
        Check(Files.TryChownAt(target, name, status.Uid, status.Gid), "fchownat", name);
        // After the owner, which clears set-user-ID; a symlink has no mode of its own.
        if (!status.IsSymlink)
            Check(Files.TryChmodAt(target, name, status.Permissions, noFollow: true), "fchmodat", name);
        Check(Files.TryUtimens(target, name, status.MtimeSeconds, status.MtimeNanoseconds), "utimensat", name);
    }

    // Another container that has the volume may exchange a directory on the way for a symlink to the host's files.
    private static void Link(Fd root, string first, Fd target, string name, string path)
    {
        using Fd file = Files.OpenAt2(root, first, OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW, 0,
            ResolveFlags.RESOLVE_BENEATH | ResolveFlags.RESOLVE_NO_SYMLINKS);
        Check(Files.TryLinkAt(Fd.Cwd, $"/proc/self/fd/{file.Number}", target, name, AtFlags.AT_SYMLINK_FOLLOW),
            "linkat", path);
    }

    private static void CopyContent(Fd from, Fd to)
    {
        byte[] buffer = new byte[128 << 10];
        for (int count; (count = Files.Read(from, buffer)) > 0;) Files.WriteAll(to, buffer.AsSpan(0, count));
    }

    private static void CopyXattrs(string from, string to)
    {
        // A filesystem without xattrs has none to lose.
        if (Xattrs.TryList(from, out string[] names) != Errno.None) return;
        foreach (string name in names)
        {
            // The overlay's own marks mean nothing outside it, and a file's label is for the target to choose.
            if (name.StartsWith("trusted.overlay.", StringComparison.Ordinal) || name == Selinux.Attribute) continue;
            Check(Xattrs.TryGet(from, name, out byte[] value), $"lgetxattr({name})", from);
            Check(Xattrs.TrySet(to, name, value), $"lsetxattr({name})", to);
        }
    }

    private static void Check(Errno errno, string call, string path)
    {
        if (errno != Errno.None) throw new LinuxException(errno, call, path, "filling a volume from the image");
    }
}
