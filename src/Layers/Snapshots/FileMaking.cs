using System.Text;
using Skiff.Interop;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>The calls that make a file of a layer and give it what its entry says.</summary>
/// <param name="birth">
/// The root of the tree, made with mode 0777: its owner and what the umask left of its mode are what every new file
/// gets by itself, and need no further call.
/// </param>
internal sealed class FileMaking(FileStatus birth)
{
    private const OpenFlags NewFile =
        OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW;

    /// <summary>Makes an empty regular file with its permissions, but for those that must come last.</summary>
    internal static Fd Create(Fd parent, ReadOnlySpan<byte> name, in LayerInode inode)
    {
        Check(TryCreate(parent, name, inode, out Fd? file), "openat2", parent, name);
        return file!;
    }

    /// <summary>As <see cref="Create"/>; EEXIST when somebody else has just made one.</summary>
    internal static Errno TryCreate(Fd parent, ReadOnlySpan<byte> name, in LayerInode inode, out Fd? file) =>
        Files.TryOpenAt2(parent, name, NewFile, inode.Mode & 0x1FFu, LayerFiles.Inside, out file);

    /// <summary>Opens a file for more content that <see cref="Create"/> has made.</summary>
    internal static Fd OpenMade(Fd parent, ReadOnlySpan<byte> name)
    {
        Errno errno = Files.TryOpenAt2(parent, name, OpenFlags.O_WRONLY | OpenFlags.O_NOFOLLOW, 0, LayerFiles.Inside,
            out Fd? file);
        Check(errno, "openat2", parent, name);
        return file!;
    }

    /// <summary>
    /// Owner, mode, attributes, times, in this order and after the content: writes move the time, and take away set-id
    /// bits and capabilities, as chown does.
    /// </summary>
    internal void SetAttributes(Fd file, in LayerInode inode, XattrSet? xattrs)
    {
        if (!IsBornWithOwner(inode)) Check(Files.TryChown(file, inode.Uid, inode.Gid), "fchown", file);
        if (!IsBornWithMode(inode)) Check(Files.TryChmod(file, inode.Mode), "fchmod", file);
        if (xattrs is not null)
            foreach (var (name, value) in xattrs.Items) CheckXattr(Files.TrySetXattr(file, name, value), name, file);
        Check(Files.TrySetTimes(file, inode.MtimeSeconds, inode.MtimeNanoseconds), "utimensat", file);
    }

    /// <summary>The same for what cannot be opened: symlinks, devices, fifos.</summary>
    internal void SetAttributes(Fd parent, ReadOnlySpan<byte> name, in LayerInode inode, XattrSet? xattrs)
    {
        if (!IsBornWithOwner(inode))
            Check(Files.TryChownAt(parent, name, inode.Uid, inode.Gid), "fchownat", parent, name);
        if (inode.Type != TarEntryType.Symlink && !IsBornWithMode(inode))
            Check(Files.TryChmodAt(parent, name, inode.Mode), "fchmodat", parent, name);
        if (xattrs is not null)
        {
            byte[] path = [.. "/proc/self/fd/"u8, .. Encoding.ASCII.GetBytes($"{parent.Number}/"), .. name];
            foreach (var (key, value) in xattrs.Items) CheckXattr(Files.TrySetXattr(path, key, value), key, parent);
        }
        Check(Files.TrySetTimesAt(parent, name, inode.MtimeSeconds, inode.MtimeNanoseconds), "utimensat", parent, name);
    }

    private bool IsBornWithOwner(in LayerInode inode) => inode.Uid == birth.Uid && inode.Gid == birth.Gid;

    /// <summary>Directories are made narrower than they end.</summary>
    private bool IsBornWithMode(in LayerInode inode) =>
        inode.Type != TarEntryType.Directory && (inode.Mode & ~(birth.Mode & 0x1FF)) == 0;

    /// <summary>Throws what a call on an open file gave.</summary>
    internal static void Check(Errno errno, string call, Fd file)
    {
        if (errno != Errno.None) throw new LinuxException(errno, call, file.ToString());
    }

    /// <summary>Throws what a call on a name in a directory gave.</summary>
    internal static void Check(Errno errno, string call, Fd parent, ReadOnlySpan<byte> name)
    {
        if (errno != Errno.None) throw new LinuxException(errno, call, $"{parent}, {TarPath.Show(name)}");
    }

    /// <summary>
    /// As Docker: an attribute that the filesystem does not take is left out. Capabilities and marks of overlayfs are
    /// not: without them something would go wrong later, with no hint why.
    /// </summary>
    private static void CheckXattr(Errno errno, ReadOnlySpan<byte> name, Fd file)
    {
        bool needed = name.SequenceEqual("security.capability"u8) || OverlayMarks.Has(name);
        if (errno is Errno.EOPNOTSUPP or Errno.EPERM && !needed) return;
        Check(errno, "setxattr", file);
    }
}
