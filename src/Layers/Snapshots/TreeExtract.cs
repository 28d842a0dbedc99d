using Skiff.Interop;
using Skiff.Layers.Archives;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Extracts a tar into a directory that has files already, as Docker's <c>cp</c> does: directories are merged, other
/// files replaced, and neither takes the other's place unless that is asked for. Files are made relative to their
/// parent's descriptor, which is opened from the root by the given rules, so whoever changes the tree meanwhile leads
/// nothing out of it; nothing that exists is ever opened for writing.
/// </summary>
/// <param name="target">Where to; its root is not owned.</param>
internal sealed class TreeExtract(TreeTarget target) : ITarVisitor, IDisposable
{
    private const OpenFlags Directory = OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY;
    private const int MostAttempts = 100;
    private static readonly IngestLimits s_limits = IngestLimits.None;

    // No file is born with the owner that its entry says, as its directory may give its group on; without owners, all
    // are born with what they are to have.
    private readonly FileMaking _making =
        new(target.KeepOwner ? new FileStatus { Uid = uint.MaxValue, Gid = uint.MaxValue } : default);
    private readonly List<(byte[] Path, LayerInode Inode, XattrSet? Xattrs)> _directories = [];
    private readonly ByteBuffer _clean = new(512), _link = new(512), _parentPath = new(512);
    private Fd? _parent, _file;
    private LayerInode _inode;
    private XattrSet? _xattrs;

    void ITarVisitor.Entry(TarEntry entry)
    {
        TarPath.Clean(entry.Path, _clean, s_limits);
        if (_clean.Length == 0) return; // The directory that is there stays as it is.
        if (entry.Type is TarEntryType.CharDevice or TarEntryType.BlockDevice && !target.KeepOwner)
            throw Refuse("it is a device; use -a (--archive) to copy it with its owner");
        (_inode, _xattrs) = (InodeOf(entry), XattrsOf(entry));
        Fd parent = ParentOf(_clean.Span, out byte[] name);
        if (entry.Type == TarEntryType.Directory)
        {
            MakeDirectory(parent, name);
            return;
        }
        RemoveOld(parent, name);
        if (entry.Type == TarEntryType.Regular)
        {
            _file = Create(parent, name);
            if (entry.Map is not null) Files.Ftruncate(_file, entry.Size);
        }
        else if (entry.Type == TarEntryType.HardLink) MakeLink(entry, name);
        else MakeNode(parent, name, entry);
    }

    void ITarVisitor.Data(long offset, ReadOnlySpan<byte> data) => Files.PWriteAll(_file!, data, offset);

    void ITarVisitor.EndOfData()
    {
        _making.SetAttributes(_file!, _inode, _xattrs);
        _file!.Dispose();
        _file = null;
    }

    /// <summary>After the tar's end: gives directories their attributes, which nothing changes any more.</summary>
    internal void Complete()
    {
        for (int i = _directories.Count - 1; i >= 0; i--)
        {
            (byte[] path, LayerInode inode, XattrSet? xattrs) = _directories[i];
            Fd parent = ParentOf(path, out byte[] name);
            Errno errno = Files.TryOpenAt2(
                parent, name, Directory, 0, ResolveFlags.RESOLVE_BENEATH | ResolveFlags.RESOLVE_NO_SYMLINKS,
                out Fd? directory);
            FileMaking.Check(errno, "openat2", parent, name);
            using (directory) _making.SetAttributes(directory!, inode, xattrs);
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _parent?.Dispose();
    }

    private void MakeDirectory(Fd parent, byte[] name)
    {
        Errno errno = Files.TryMkdirAt(parent, name, 0x1C0);
        if (errno == Errno.EEXIST)
        {
            if (StatusOf(parent, name) is not { IsDirectory: true }) Replace(parent, name);
        }
        else FileMaking.Check(errno, "mkdirat", parent, name);
        _directories.Add((_clean.Span.ToArray(), _inode, _xattrs));
    }

    private void Replace(Fd parent, byte[] name)
    {
        if (!target.Replaces) throw Refuse("cannot overwrite non-directory", "with directory");
        RemoveOld(parent, name);
        FileMaking.Check(Files.TryMkdirAt(parent, name, 0x1C0), "mkdirat", parent, name);
    }

    // Others may copy to the same place; the last one's file stays.
    private Fd Create(Fd parent, byte[] name)
    {
        for (int left = MostAttempts; ; left--)
        {
            Errno errno = FileMaking.TryCreate(parent, name, _inode, out Fd? file);
            if (errno != Errno.EEXIST || left == 0) FileMaking.Check(errno, "openat2", parent, name);
            if (errno == Errno.None) return file!;
            RemoveOld(parent, name);
        }
    }

    private void RemoveOld(Fd parent, byte[] name)
    {
        if (StatusOf(parent, name) is not { } old) return;
        if (old.IsDirectory)
        {
            if (!target.Replaces) throw Refuse("cannot overwrite directory", "with non-directory");
            if (TreeRemoval.RemoveAt(parent, name, ofOthers: true) is [var failure, ..]) throw failure;
            return;
        }
        // The kernel would take a mount of another mount namespace away together with the name.
        Errno errno = old.IsMountRoot ? Errno.EBUSY : Files.TryUnlinkAt(parent, name);
        if (errno != Errno.ENOENT) FileMaking.Check(errno, "unlinkat", parent, name);
    }

    private void MakeLink(TarEntry entry, byte[] name)
    {
        TarPath.Clean(entry.LinkPath, _link, s_limits);
        using Fd from = OpenParent(_link.Span, out byte[] old);
        Fd parent = ParentOf(_clean.Span, out _);
        FileMaking.Check(Files.TryLinkAt(from, old, parent, name), "linkat", parent, name);
    }

    private void MakeNode(Fd parent, byte[] name, TarEntry entry)
    {
        if (entry.Type == TarEntryType.Symlink)
            FileMaking.Check(Files.TrySymlinkAt(entry.LinkPath, parent, name), "symlinkat", parent, name);
        else
        {
            uint device = entry.Type == TarEntryType.Fifo ? 0
                : Files.DeviceNumber(entry.DeviceMajor, entry.DeviceMinor);
            FileMaking.Check(Files.TryMknodAt(parent, name, _inode.StMode, device), "mknodat", parent, name);
        }
        _making.SetAttributes(parent, name, _inode, _xattrs);
    }

    private LayerInode InodeOf(TarEntry entry)
    {
        (uint uid, uint gid) = target.KeepOwner ? OwnerOf(entry) : (0, 0);
        return new LayerInode
        {
            Type = entry.Type,
            Mode = (ushort)(entry.Mode & (target.KeepOwner || entry.Type == TarEntryType.Directory ? 0xFFFu : 0x3FFu)),
            Uid = uid,
            Gid = gid,
            MtimeSeconds = entry.MtimeSeconds,
            MtimeNanoseconds = entry.MtimeNanoseconds,
        };
    }

    private (uint Uid, uint Gid) OwnerOf(TarEntry entry)
    {
        if (target.Owners is not { } owners) return (entry.Uid, entry.Gid);
        return owners.Outside(entry.Uid, entry.Gid) ?? throw Refuse(
            $"its owner {entry.Uid}:{entry.Gid} has no ids in the container's user namespace");
    }

    private XattrSet? XattrsOf(TarEntry entry)
    {
        XattrSet? all = XattrSet.From(entry.Xattrs);
        if (all is null || target.KeepOwner) return all;
        XattrSet? some = null;
        foreach ((byte[] name, byte[] value) in all.Items)
            if (name.AsSpan().StartsWith("user."u8)) some = XattrSet.With(some, name, value);
        return some;
    }

    private static FileStatus? StatusOf(Fd parent, byte[] name)
    {
        Errno errno = Files.TryOpenAt2(
            parent, name, OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW, 0, ResolveFlags.RESOLVE_BENEATH, out Fd? file);
        if (errno == Errno.ENOENT) return null;
        FileMaking.Check(errno, "openat2", parent, name);
        using (file) return Files.Stat(file!);
    }

    /// <summary>
    /// The directory that a path is in; consecutive ones mostly share it. Invalid after the next call.
    /// </summary>
    private Fd ParentOf(ReadOnlySpan<byte> path, out byte[] name)
    {
        ReadOnlySpan<byte> parent = path[..Math.Max(0, path.LastIndexOf((byte)'/'))];
        if (_parent is not null && _parentPath.Span.SequenceEqual(parent))
        {
            name = path[(parent.Length == 0 ? 0 : parent.Length + 1)..].ToArray();
            return _parent;
        }
        _parent?.Dispose();
        _parent = null;
        _parentPath.Set(parent);
        return _parent = OpenParent(path, out name);
    }

    private Fd OpenParent(ReadOnlySpan<byte> path, out byte[] name)
    {
        int slash = path.LastIndexOf((byte)'/');
        name = path[(slash + 1)..].ToArray();
        return OpenDirectory(path[..Math.Max(0, slash)]);
    }

    // Names of a tar may leave out the directories that they are in.
    private Fd OpenDirectory(ReadOnlySpan<byte> path)
    {
        byte[] full = [.. target.Prefix, .. target.Prefix.Length > 0 && path.Length > 0 ? "/"u8 : default, .. path];
        if (full.Length == 0) full = [(byte)'.'];
        Errno errno = Files.TryOpenAt2(
            target.Root, full, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY, 0, target.Resolve, out Fd? directory);
        if (errno == Errno.ENOENT && path.Length > 0)
        {
            using (Fd above = OpenParent(path, out byte[] name))
            {
                Errno made = Files.TryMkdirAt(above, name, 0x1ED);
                if (made != Errno.EEXIST) FileMaking.Check(made, "mkdirat", above, name);
            }
            errno = Files.TryOpenAt2(
                target.Root, full, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY, 0, target.Resolve, out directory);
        }
        FileMaking.Check(errno, "openat2", target.Root, full);
        return directory!;
    }

    private ImageException Refuse(string why) => new($"cannot copy \"{TarPath.Show(_clean.Span)}\": {why}");

    private ImageException Refuse(string what, string with)
    {
        ReadOnlySpan<byte> path = _clean.Span;
        ReadOnlySpan<byte> name = path[(path.LastIndexOf((byte)'/') + 1)..];
        string parent = TarPath.Show(path[..Math.Max(0, path.Length - name.Length - 1)]);
        return new ImageException(
            $"{what} \"{TarPath.Show(name)}\" {with} \"{target.Shown}{(parent.Length > 0 ? "/" : "")}{parent}\"");
    }
}
