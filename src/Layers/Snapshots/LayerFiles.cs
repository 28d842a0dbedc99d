using Skiff.Interop;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Makes real files of a <see cref="LayerTree"/> while it grows. Every file is made relative to its parent's
/// descriptor, and parents are opened from the layer's root without following any symlink, so nothing can land outside.
/// Small files go to <see cref="FileWorkers"/>; everything else happens in the caller's thread, after the files that it
/// depends on.
/// </summary>
internal sealed class LayerFiles : ILayerEffects, IDisposable
{
    /// <summary>How paths below the layer's root are opened.</summary>
    internal const ResolveFlags Inside =
        ResolveFlags.RESOLVE_BENEATH | ResolveFlags.RESOLVE_NO_SYMLINKS | ResolveFlags.RESOLVE_NO_XDEV;

    private readonly Fd _ingest, _root;
    private readonly FileMaking _making;
    private readonly ShadowedContent _shadowed;
    private readonly FileWorkers _workers;
    private readonly ByteBuffer _name = new();
    private Fd? _parent, _file;
    private WriteBehind _writeBehind;
    private int _parentEntry = -1;

    /// <param name="path">The layer's directory while it comes in; the tree is made in it.</param>
    /// <param name="ingest">The same, open; it may get another name.</param>
    /// <param name="threads">How many threads may make files besides the caller's.</param>
    /// <param name="limits">What the tree refuses for its size.</param>
    internal LayerFiles(string path, Fd ingest, int threads, IngestLimits limits)
    {
        _ingest = ingest;
        Tree = new LayerTree(this, limits);
        string root = Path.Combine(path, OverlaySnapshotter.Tree);
        Files.MakeDirectories(root, 0x1FF);
        _root = Files.Open(root, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        _making = new FileMaking(Files.Stat(_root));
        _shadowed = new ShadowedContent(ingest, Tree);
        _workers = new FileWorkers(threads, _making);
    }

    /// <summary>Names and attributes; applying an entry to it makes a file.</summary>
    internal LayerTree Tree { get; }

    /// <summary>About what the files take.</summary>
    internal long Bytes { get; private set; }

    /// <summary>The file whose content is to come, or -1.</summary>
    internal int Receiving { get; private set; } = -1;

    /// <summary>Takes content of the file that was added last.</summary>
    internal void Write(long offset, ReadOnlySpan<byte> data)
    {
        if (_file is null) _workers.Current.Append(data);
        else WriteThrough(_file, offset, data);
        Bytes += data.Length;
    }

    private void WriteThrough(Fd file, long offset, ReadOnlySpan<byte> data)
    {
        Files.PWriteAll(file, data, offset);
        _writeBehind.Grow(file, offset + data.Length);
    }

    /// <summary>The file that was added last is complete.</summary>
    internal void EndFile()
    {
        if (_file is not null)
        {
            int inode = Tree.InodeOf(Receiving);
            _making.SetAttributes(_file, Tree.Inode(inode), Tree.XattrsOf(inode));
            _file.Dispose();
            _file = null;
        }
        Receiving = -1;
    }

    /// <summary>
    /// Flushes to disk what has come so far. A small file of which a part has come is made with that, and what follows
    /// is written to it as to a large one.
    /// </summary>
    internal void Settle()
    {
        _workers.Drain();
        if (Receiving >= 0 && _file is null)
            _file = FileMaking.OpenMade(ParentOf(Receiving), Tree.NameOf(Receiving));
        Files.SyncFs(_root);
    }

    /// <summary>After the last entry: makes what had to wait, and flushes everything to disk.</summary>
    internal void Finish()
    {
        _workers.Drain();
        Tree.MarkForOverlay();
        FinishDirectories();
        Files.SyncFs(_root); // One flush for all files, whose order does not matter before the rename.
    }

    public void Dispose()
    {
        _workers.Dispose();
        _file?.Dispose();
        _parent?.Dispose();
        _shadowed.Dispose();
        _root.Dispose();
    }

    void ILayerEffects.Removed(int entry)
    {
        _workers.Drain();
        Fd parent = ParentOf(entry);
        ReadOnlySpan<byte> name = Tree.NameOf(entry);
        if (!IsDirectory(entry))
        {
            _shadowed.Keep(parent, entry);
            FileMaking.Check(Files.TryUnlinkAt(parent, name), "unlinkat", parent, name);
            return;
        }
        KeepBelow(entry);
        // Moved out of the layer first, to where its name is ours.
        parent = ParentOf(entry);
        FileMaking.Check(Files.TryRenameAt(parent, name, _ingest, "removed"u8), "renameat2", parent, name);
        ForgetParent();
        IReadOnlyList<LinuxException> failures = TreeRemoval.RemoveAt(_ingest, "removed");
        if (failures.Count > 0) throw failures[0];
    }

    void ILayerEffects.Added(int entry, TarEntry? source)
    {
        Fd parent = ParentOf(entry);
        ReadOnlySpan<byte> name = Tree.NameOf(entry);
        LayerInode inode = Tree.Inode(Tree.InodeOf(entry));
        XattrSet? xattrs = Tree.XattrsOf(Tree.InodeOf(entry));
        Bytes += 512;
        switch (inode.Type)
        {
            case TarEntryType.Directory:
                // Its attributes wait until nothing is made in it any more.
                FileMaking.Check(Files.TryMkdirAt(parent, name, 0x1C0), "mkdirat", parent, name);
                return;
            case TarEntryType.Regular:
                StartFile(entry, parent, name, inode, xattrs);
                return;
            case TarEntryType.Symlink:
                ReadOnlySpan<byte> target = Tree.TargetOf(Tree.InodeOf(entry));
                FileMaking.Check(Files.TrySymlinkAt(target, parent, name), "symlinkat", parent, name);
                break;
            default:
                uint device = inode.Type == TarEntryType.Fifo ? 0 : (uint)inode.Data;
                FileMaking.Check(Files.TryMknodAt(parent, name, inode.StMode, device), "mknodat", parent, name);
                break;
        }
        _making.SetAttributes(parent, name, inode, xattrs);
    }

    void ILayerEffects.Updated(int entry, TarEntry source) { }

    void ILayerEffects.Linked(int entry, int target)
    {
        _workers.Drain();
        using Fd from = Open(Tree.ParentOf(target), OpenFlags.O_PATH);
        Fd parent = ParentOf(entry);
        Errno errno = Files.TryLinkAt(from, Tree.NameOf(target), parent, Tree.NameOf(entry));
        FileMaking.Check(errno, "linkat", parent, Tree.NameOf(entry));
    }

    private void StartFile(int entry, Fd parent, ReadOnlySpan<byte> name, in LayerInode inode, XattrSet? xattrs)
    {
        (Receiving, _writeBehind) = (entry, default);
        if (inode.Size > FileBatch.MaxFileBytes || inode.Map != 0)
        {
            _file = FileMaking.Create(parent, name, inode);
            if (inode.Map != 0) Files.Ftruncate(_file, inode.Size); // A hole may be at the end.
            return;
        }
        if (!_workers.Current.HasRoomFor(name.Length, inode.Size)) _workers.Submit();
        _workers.Current.Add(parent, name, inode, xattrs);
    }

    private void KeepBelow(int directory)
    {
        for (int child = Tree.FirstChild(directory); child >= 0; child = Tree.NextSibling(child))
            if (IsDirectory(child)) KeepBelow(child);
            else _shadowed.Keep(ParentOf(child), child);
    }

    private void FinishDirectories()
    {
        var pending = new Stack<int>();
        pending.Push(LayerTree.Root);
        while (pending.TryPop(out int directory))
        {
            using Fd fd = Open(directory, OpenFlags.O_RDONLY);
            int inode = Tree.InodeOf(directory);
            _making.SetAttributes(fd, Tree.Inode(inode), Tree.XattrsOf(inode));
            for (int child = Tree.FirstChild(directory); child >= 0; child = Tree.NextSibling(child))
                if (IsDirectory(child)) pending.Push(child);
                else _shadowed.Release(child);
        }
    }

    private bool IsDirectory(int entry) => Tree.Inode(Tree.InodeOf(entry)).Type == TarEntryType.Directory;

    /// <summary>
    /// The directory that an entry is in; consecutive entries mostly share it. Invalid after the next call.
    /// </summary>
    private Fd ParentOf(int entry)
    {
        int parent = Tree.ParentOf(entry);
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
        Tree.PathOf(directory, _name);
        ReadOnlySpan<byte> path = directory == LayerTree.Root ? "."u8 : _name.Span;
        Errno errno = Files.TryOpenAt2(_root, path, flags | OpenFlags.O_DIRECTORY, 0, Inside, out Fd? fd);
        FileMaking.Check(errno, "openat2", _root, path);
        return fd!;
    }
}
