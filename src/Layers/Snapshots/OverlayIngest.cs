using System.Globalization;
using System.Text;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Extracts a layer while its bytes pass. <see cref="LayerTree"/> says where each entry belongs; every file is made
/// relative to its parent's descriptor, and parents are opened from the layer's root without following any symlink,
/// so nothing can land outside.
/// </summary>
internal sealed class OverlayIngest : ILayerIngest, ITarVisitor, ILayerEffects
{
    private const OpenFlags NewFile =
        OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_EXCL | OpenFlags.O_NOFOLLOW;

    private const ResolveFlags Inside =
        ResolveFlags.RESOLVE_BENEATH | ResolveFlags.RESOLVE_NO_SYMLINKS | ResolveFlags.RESOLVE_NO_XDEV;

    private readonly LayerStore _store;
    private readonly Digest _diffId;
    private readonly string _path;
    private readonly Fd _lock, _root;
    private readonly LayerTree _tree;
    private readonly TarParser _parser;
    private readonly ByteBuffer _name = new();
    private Fd? _parent, _file;
    private int _parentEntry = -1;
    private long _bytes;

    internal OverlayIngest(LayerStore store, Digest diffId)
    {
        (_store, _diffId) = (store, diffId);
        (_path, _lock) = store.NewIngest();
        _tree = new LayerTree(this);
        _parser = new TarParser(this);
        string root = Path.Combine(_path, OverlaySnapshotter.Tree);
        Files.MakeDirectories(root);
        _root = Files.Open(root, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
    }

    public void Append(ReadOnlySpan<byte> tar) => _parser.Append(tar);

    public void Commit()
    {
        _parser.Complete();
        FinishDirectories();
        byte[] bytes = Encoding.ASCII.GetBytes(_bytes.ToString(CultureInfo.InvariantCulture));
        AtomicFile.Replace(Path.Combine(_path, OverlaySnapshotter.Bytes), bytes, durable: false);
        Files.SyncFs(_root); // One flush for all files, whose order does not matter before the rename.
        _store.Publish(_path, _diffId);
    }

    public void Dispose()
    {
        if (_lock.IsClosed) return;
        _file?.Dispose();
        _parent?.Dispose();
        _root.Dispose();
        if (Files.Exists(_path)) _store.Discard(_path);
        _lock.Dispose();
    }

    void ITarVisitor.Entry(TarEntry entry) => _tree.Apply(entry);

    void ITarVisitor.Data(ReadOnlySpan<byte> data)
    {
        if (_file is null) return; // A whiteout with content.
        Files.WriteAll(_file, data);
        _bytes += data.Length;
    }

    void ITarVisitor.EndOfData()
    {
        if (_file is null) return;
        // Set last: each write moves the time, and takes away set-id bits and capabilities.
        LayerInode inode = _tree.Inode(_fileInode);
        SetAttributes(_file, _fileInode);
        Check(Files.TrySetTimes(_file, inode.MtimeSeconds, inode.MtimeNanoseconds), "utimensat");
        _file.Dispose();
        _file = null;
    }

    private int _fileInode;

    void ILayerEffects.Removed(int entry)
    {
        Fd parent = ParentOf(entry);
        if (_tree.Inode(_tree.InodeOf(entry)).Type != TarEntryType.Directory)
        {
            Check(Files.TryUnlinkAt(parent, _tree.NameOf(entry)), "unlinkat");
            return;
        }
        // Moved out of the layer first, to where its name is ours.
        string doomed = Path.Combine(_path, "removed");
        using Fd ingest = Files.Open(_path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        Check(Files.TryRenameAt(parent, _tree.NameOf(entry), ingest, "removed"u8), "renameat2");
        ForgetParent();
        IReadOnlyList<LinuxException> failures = TreeRemoval.Remove(doomed);
        if (failures.Count > 0) throw failures[0].While($"cannot extract layer {_diffId}");
    }

    void ILayerEffects.Added(int entry, TarEntry? source)
    {
        Fd parent = ParentOf(entry);
        ReadOnlySpan<byte> name = _tree.NameOf(entry);
        int inode = _tree.InodeOf(entry);
        LayerInode attributes = _tree.Inode(inode);
        _bytes += 512;
        switch (attributes.Type)
        {
            case TarEntryType.Directory:
                // Its attributes wait until nothing is made in it any more.
                Check(Files.TryMkdirAt(parent, name, 0x1C0), "mkdirat");
                return;
            case TarEntryType.Regular:
                Check(Files.TryOpenAt2(parent, name, NewFile, 0x180, Inside, out _file), "openat2");
                _fileInode = inode;
                return;
            case TarEntryType.Symlink:
                Check(Files.TrySymlinkAt(_tree.TargetOf(inode), parent, name), "symlinkat");
                break;
            default:
                uint device = attributes.Type == TarEntryType.Fifo ? 0 : (uint)attributes.Data;
                Check(Files.TryMknodAt(parent, name, attributes.StMode, device), "mknodat");
                break;
        }
        SetAttributes(parent, name, inode);
    }

    void ILayerEffects.Updated(int entry, TarEntry source) { }

    void ILayerEffects.Linked(int entry, int target)
    {
        using Fd from = Open(_tree.ParentOf(target), OpenFlags.O_PATH);
        Check(Files.TryLinkAt(from, _tree.NameOf(target), ParentOf(entry), _tree.NameOf(entry)), "linkat");
    }

    /// <summary>Owner, mode and attributes, in this order: chown takes away what the next two give.</summary>
    private void SetAttributes(Fd fd, int inode)
    {
        LayerInode attributes = _tree.Inode(inode);
        Check(Files.TryChown(fd, attributes.Uid, attributes.Gid), "fchown");
        Check(Files.TryChmod(fd, attributes.Mode), "fchmod");
        if (_tree.XattrsOf(inode) is { } set)
            foreach (var (name, value) in set.Items) CheckXattr(Files.TrySetXattr(fd, name, value), name);
        if (attributes.Opaque) Check(Files.TrySetXattr(fd, "trusted.overlay.opaque"u8, "y"u8), "fsetxattr");
    }

    /// <summary>The same for what cannot be opened: symlinks, devices, fifos.</summary>
    private void SetAttributes(Fd parent, ReadOnlySpan<byte> name, int inode)
    {
        LayerInode attributes = _tree.Inode(inode);
        Check(Files.TryChownAt(parent, name, attributes.Uid, attributes.Gid), "fchownat");
        if (attributes.Type != TarEntryType.Symlink) Check(Files.TryChmodAt(parent, name, attributes.Mode), "fchmodat");
        if (_tree.XattrsOf(inode) is { } set)
        {
            byte[] path = [.. "/proc/self/fd/"u8, .. Encoding.ASCII.GetBytes($"{parent.Number}/"), .. name];
            foreach (var (key, value) in set.Items) CheckXattr(Files.TrySetXattr(path, key, value), key);
        }
        Check(Files.TrySetTimesAt(parent, name, attributes.MtimeSeconds, attributes.MtimeNanoseconds), "utimensat");
    }

    private void FinishDirectories()
    {
        ForgetParent();
        var pending = new Stack<int>();
        pending.Push(LayerTree.Root);
        while (pending.TryPop(out int directory))
        {
            int inode = _tree.InodeOf(directory);
            using Fd fd = Open(directory, OpenFlags.O_RDONLY);
            SetAttributes(fd, inode);
            LayerInode attributes = _tree.Inode(inode);
            Check(Files.TrySetTimes(fd, attributes.MtimeSeconds, attributes.MtimeNanoseconds), "utimensat");
            for (int child = _tree.FirstChild(directory); child >= 0; child = _tree.NextSibling(child))
                if (_tree.Inode(_tree.InodeOf(child)).Type == TarEntryType.Directory) pending.Push(child);
        }
    }

    /// <summary>
    /// The directory that an entry is in; consecutive entries mostly share it. Invalid after the next call.
    /// </summary>
    private Fd ParentOf(int entry)
    {
        int parent = _tree.ParentOf(entry);
        if (_parent is not null && _parentEntry == parent) return _parent;
        ForgetParent();
        _parent = Open(parent, OpenFlags.O_PATH);
        _parentEntry = parent;
        return _parent;
    }

    private void ForgetParent()
    {
        _parent?.Dispose();
        _parent = null;
    }

    private Fd Open(int directory, OpenFlags flags)
    {
        _tree.PathOf(directory, _name);
        ReadOnlySpan<byte> path = directory == LayerTree.Root ? "."u8 : _name.Span;
        Check(Files.TryOpenAt2(_root, path, flags | OpenFlags.O_DIRECTORY, 0, Inside, out Fd? fd), "openat2");
        return fd!;
    }

    private void Check(Errno errno, string call)
    {
        if (errno != Errno.None)
            throw new LinuxException(errno, call, _root.ToString(), $"cannot extract layer {_diffId}");
    }

    /// <summary>
    /// As Docker: an attribute that the filesystem does not take is left out. Capabilities are not: without them a
    /// program would fail later, with no hint why.
    /// </summary>
    private void CheckXattr(Errno errno, ReadOnlySpan<byte> name)
    {
        if (errno is Errno.EOPNOTSUPP or Errno.EPERM && !name.SequenceEqual("security.capability"u8)) return;
        Check(errno, "setxattr");
    }
}
