using System.Text;
using Skiff.Interop;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>The calls that make a file of a layer and give it what its entry says.</summary>
internal static class FileMaking
{
    private const OpenFlags NewFile =
        OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW;

    /// <summary>Makes an empty regular file that only root can read.</summary>
    internal static Fd Create(Fd parent, ReadOnlySpan<byte> name)
    {
        Errno errno = Files.TryOpenAt2(parent, name, NewFile, 0x180, LayerFiles.Inside, out Fd? file);
        Check(errno, "openat2", parent, name);
        return file!;
    }

    /// <summary>
    /// Owner, mode, attributes, times, in this order and after the content: writes move the time, and take away set-id
    /// bits and capabilities, as chown does.
    /// </summary>
    internal static void SetAttributes(Fd file, in LayerInode inode, XattrSet? xattrs)
    {
        Check(Files.TryChown(file, inode.Uid, inode.Gid), "fchown", file);
        Check(Files.TryChmod(file, inode.Mode), "fchmod", file);
        if (xattrs is not null)
            foreach (var (name, value) in xattrs.Items) CheckXattr(Files.TrySetXattr(file, name, value), name, file);
        if (inode.Opaque) Check(Files.TrySetXattr(file, "trusted.overlay.opaque"u8, "y"u8), "fsetxattr", file);
        Check(Files.TrySetTimes(file, inode.MtimeSeconds, inode.MtimeNanoseconds), "utimensat", file);
    }

    /// <summary>The same for what cannot be opened: symlinks, devices, fifos.</summary>
    internal static void SetAttributes(Fd parent, ReadOnlySpan<byte> name, in LayerInode inode, XattrSet? xattrs)
    {
        Check(Files.TryChownAt(parent, name, inode.Uid, inode.Gid), "fchownat", parent, name);
        if (inode.Type != TarEntryType.Symlink)
            Check(Files.TryChmodAt(parent, name, inode.Mode), "fchmodat", parent, name);
        if (xattrs is not null)
        {
            byte[] path = [.. "/proc/self/fd/"u8, .. Encoding.ASCII.GetBytes($"{parent.Number}/"), .. name];
            foreach (var (key, value) in xattrs.Items) CheckXattr(Files.TrySetXattr(path, key, value), key, parent);
        }
        Check(Files.TrySetTimesAt(parent, name, inode.MtimeSeconds, inode.MtimeNanoseconds), "utimensat", parent, name);
    }

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
    /// As Docker: an attribute that the filesystem does not take is left out. Capabilities are not: without them a
    /// program would fail later, with no hint why.
    /// </summary>
    private static void CheckXattr(Errno errno, ReadOnlySpan<byte> name, Fd file)
    {
        if (errno is Errno.EOPNOTSUPP or Errno.EPERM && !name.SequenceEqual("security.capability"u8)) return;
        Check(errno, "setxattr", file);
    }
}
