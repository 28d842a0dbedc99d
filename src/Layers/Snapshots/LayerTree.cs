using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// One layer's files as its tar's entries leave them: the one place that knows which name wins, what a whiteout
/// means, and where a name leads when symlinks of the same layer stand in its way. Both stores build on it, so both
/// give the same tree. Nothing in it can lie outside the root: it has no parent to go to.
/// </summary>
internal sealed partial class LayerTree
{
    /// <summary>The layer's root directory.</summary>
    internal const int Root = 0;

    /// <summary>
    /// Most inodes of a layer; 512 bytes of zeros compress to nothing, so the memory for the tree needs a bound.
    /// </summary>
    internal const int MaxInodes = 1 << 22;

    private const int MaxSymlinks = 40; // As the kernel's MAXSYMLINKS.
    private const ushort ImpliedMode = 0x1ED; // 0755, as Docker makes parents that the tar leaves out.

    private readonly ILayerEffects? _effects;
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();
    private readonly ByteBuffer _path = new(512), _link = new(512), _cachedParent = new(512);
    private readonly List<XattrSet> _xattrs = [];
    private LayerInode[] _inodes = new LayerInode[256];
    private int _cachedDirectory = -1;

    /// <summary>An empty layer: a root directory, implied until the tar describes it.</summary>
    internal LayerTree(ILayerEffects? effects = null)
    {
        _effects = effects;
        AddName(Root, default, AddInode(Implied()));
    }

    /// <summary>Inodes made so far, replaced ones included.</summary>
    internal int InodeCount { get; private set; }

    /// <summary>Names made so far, replaced ones included.</summary>
    internal int EntryCount => _entryCount;

    /// <summary>An inode's attributes.</summary>
    internal ref readonly LayerInode Inode(int inode) => ref _inodes[inode];

    /// <summary>An inode's extended attributes; none of them belongs to overlayfs.</summary>
    internal XattrSet? XattrsOf(int inode) => _inodes[inode].Xattrs < 0 ? null : _xattrs[_inodes[inode].Xattrs];

    /// <summary>Target of a symlink.</summary>
    internal ReadOnlySpan<byte> TargetOf(int inode) =>
        _names.Span.Slice((int)_inodes[inode].Data, (int)_inodes[inode].Size);

    /// <summary>
    /// Applies one tar entry. The result is the name whose content follows in the tar, or -1 for entries that have
    /// no content of their own (a whiteout stays an entry with content to skip).
    /// </summary>
    /// <exception cref="ImageException">The entry is hostile, or cannot exist where it wants to be.</exception>
    internal int Apply(TarEntry source)
    {
        TarPath.Clean(source.Path, _path);
        ReadOnlySpan<byte> path = _path.Span;
        if (path.IsEmpty) return ApplyRoot(source);
        int slash = path.LastIndexOf((byte)'/');
        ReadOnlySpan<byte> name = path[(slash + 1)..];
        int parent = ParentDirectory(slash < 0 ? default : path[..slash], source);
        if (name.StartsWith(".wh."u8)) return ApplyWhiteout(parent, name, source);
        if (source.Type == TarEntryType.HardLink) return ApplyHardLink(parent, name, source);
        int existing = Find(parent, name);
        if (existing >= 0 && source.Type == TarEntryType.Directory && TypeOf(existing) == TarEntryType.Directory)
            return UpdateDirectory(existing, source);
        bool overWhiteout = existing >= 0 && _inodes[InodeOf(existing)].IsWhiteout;
        if (existing >= 0) RemoveName(existing);
        int inode = AddInode(Describe(source));
        _inodes[inode].Opaque = overWhiteout && source.Type == TarEntryType.Directory;
        int entry = AddName(parent, name, inode);
        _effects?.Added(entry, source);
        return entry;
    }

    private int ApplyRoot(TarEntry source) => source.Type == TarEntryType.Directory
        ? UpdateDirectory(Root, source)
        : throw Refuse(source, "it would replace the layer's root");

    private int UpdateDirectory(int entry, TarEntry source)
    {
        ref LayerInode old = ref _inodes[InodeOf(entry)];
        LayerInode inode = Describe(source);
        inode.Opaque = old.Opaque;
        old = inode;
        _effects?.Updated(entry, source);
        return -1;
    }

    /// <summary>
    /// image-spec layer.md: a whiteout hides what lower layers have. A file that the same layer has is kept,
    /// whatever the order.
    /// </summary>
    private int ApplyWhiteout(int parent, ReadOnlySpan<byte> name, TarEntry source)
    {
        if (name.SequenceEqual(".wh..wh..opq"u8))
        {
            _inodes[InodeOf(parent)].Opaque = true;
            return -1;
        }
        if (name.StartsWith(".wh..wh."u8)) return -1; // Bookkeeping of AUFS; no file of the image.
        ReadOnlySpan<byte> hidden = name[".wh.".Length..];
        if (hidden.IsEmpty || hidden.SequenceEqual("."u8)) throw Refuse(source, "it is a whiteout without a name");
        int existing = Find(parent, hidden);
        if (existing < 0)
        {
            LayerInode whiteout = Describe(source);
            (whiteout.Type, whiteout.Mode, whiteout.Xattrs) = (TarEntryType.CharDevice, 0, -1);
            (whiteout.Data, whiteout.Size) = (0, 0);
            int entry = AddName(parent, hidden, AddInode(whiteout));
            _effects?.Added(entry, null);
        }
        else if (TypeOf(existing) == TarEntryType.Directory) _inodes[InodeOf(existing)].Opaque = true;
        return -1;
    }

    private int ApplyHardLink(int parent, ReadOnlySpan<byte> name, TarEntry source)
    {
        TarPath.Clean(source.LinkPath, _link);
        int slash = _link.Span.LastIndexOf((byte)'/');
        int directory = Walk(slash < 0 ? default : _link.Span[..slash], source, create: false);
        int target = directory < 0 ? -1 : Find(directory, _link.Span[(slash + 1)..]);
        if (target < 0 || TypeOf(target) == TarEntryType.Directory || _inodes[InodeOf(target)].IsWhiteout)
            throw Refuse(source, $"it is a hard link to \"{TarPath.Show(source.LinkPath)}\", no file of this layer");
        int existing = Find(parent, name);
        if (existing == target) return -1;
        int inode = InodeOf(target);
        if (existing >= 0 && IsBelow(target, existing))
            throw Refuse(source, "it would replace the directory that its target is in");
        if (existing >= 0) RemoveName(existing);
        _inodes[inode].Links++;
        int entry = AddName(parent, name, inode);
        _effects?.Linked(entry, target);
        return -1;
    }

    private bool IsBelow(int entry, int directory)
    {
        while (entry != Root && entry != directory) entry = ParentOf(entry);
        return entry == directory;
    }

    private TarEntryType TypeOf(int entry) => _inodes[InodeOf(entry)].Type;

    private void RemoveName(int entry)
    {
        _effects?.Removed(entry);
        Kill(entry);
        _cachedDirectory = -1;
    }

    /// <summary>Marks names dead; depth is bounded by <see cref="TarPath.MaxBytes"/>, 2,048 components.</summary>
    private void Kill(int entry)
    {
        for (int child = FirstChild(entry); child >= 0; child = NextSibling(child)) Kill(child);
        _entries[entry].Dead = true;
        _inodes[InodeOf(entry)].Links--;
    }

    /// <summary>
    /// The directory that an entry goes to; consecutive entries mostly share it, so the last one is remembered.
    /// </summary>
    private int ParentDirectory(ReadOnlySpan<byte> path, TarEntry source)
    {
        if (path.IsEmpty) return Root;
        if (_cachedDirectory >= 0 && path.SequenceEqual(_cachedParent.Span)) return _cachedDirectory;
        int directory = Walk(path, source, create: true);
        _cachedParent.Set(path);
        _cachedDirectory = directory;
        return directory;
    }

    /// <summary>
    /// Follows a path as the kernel would with this root, making missing directories when asked to; -1 when one is
    /// missing.
    /// </summary>
    private int Walk(ReadOnlySpan<byte> path, TarEntry source, bool create)
    {
        int at = Root, symlinks = 0;
        byte[]? expanded = null; // Only when a symlink is met.
        while (!path.IsEmpty)
        {
            int slash = path.IndexOf((byte)'/');
            ReadOnlySpan<byte> name = slash < 0 ? path : path[..slash];
            path = slash < 0 ? default : path[(slash + 1)..];
            if (name.IsEmpty || name.SequenceEqual("."u8)) continue;
            if (name.SequenceEqual(".."u8))
            {
                at = ParentOf(at);
                continue;
            }
            if (name.Length > TarPath.MaxNameBytes)
                throw Refuse(source, "a symlink in its path leads to a name that is too long");
            int next = Find(at, name);
            if (next < 0 || _inodes[InodeOf(next)].IsWhiteout)
            {
                if (!create) return -1;
                next = ImplyDirectory(at, name, next, source);
            }
            if (TypeOf(next) == TarEntryType.Symlink)
            {
                if (++symlinks > MaxSymlinks) throw Refuse(source, "its path has too many levels of symlinks");
                ReadOnlySpan<byte> target = TargetOf(InodeOf(next));
                if (target.StartsWith((byte)'/')) at = Root;
                expanded = [.. target, (byte)'/', .. path];
                if (expanded.Length > 2 * TarPath.MaxBytes)
                    throw Refuse(source, "its path grows too long through symlinks");
                path = expanded;
            }
            else if (TypeOf(next) == TarEntryType.Directory) at = next;
            else throw Refuse(source, $"\"{TarPath.Show(NameOf(next))}\" in its path is not a directory");
        }
        return at;
    }

    private int ImplyDirectory(int parent, ReadOnlySpan<byte> name, int whiteout, TarEntry source)
    {
        if (whiteout >= 0) RemoveName(whiteout);
        LayerInode inode = Implied() with
        {
            Opaque = whiteout >= 0, MtimeSeconds = source.MtimeSeconds, MtimeNanoseconds = source.MtimeNanoseconds,
        };
        int entry = AddName(parent, name, AddInode(inode));
        _effects?.Added(entry, null);
        return entry;
    }

    private static LayerInode Implied() =>
        new() { Type = TarEntryType.Directory, Mode = ImpliedMode, Implied = true, Links = 1, Xattrs = -1 };

    private LayerInode Describe(TarEntry source)
    {
        var inode = new LayerInode
        {
            Type = source.Type, Mode = (ushort)source.Mode, Uid = source.Uid, Gid = source.Gid, Links = 1,
            MtimeSeconds = source.MtimeSeconds, MtimeNanoseconds = source.MtimeNanoseconds, Xattrs = -1,
        };
        switch (source.Type)
        {
            case TarEntryType.Regular:
                (inode.Size, inode.Data) = (source.Size, source.DataOffset);
                break;
            case TarEntryType.Symlink:
                if (source.LinkPath.Length is 0 or > TarPath.MaxBytes || source.LinkPath.Contains((byte)0))
                    throw Refuse(source, "it is a symlink with an empty or too long target");
                (inode.Size, inode.Data) = (source.LinkPath.Length, _names.Append(source.LinkPath));
                inode.Mode = 0x1FF;
                break;
            case TarEntryType.CharDevice or TarEntryType.BlockDevice:
                uint minor = source.DeviceMinor;
                inode.Data = (minor & 0xFF) | (source.DeviceMajor << 8) | ((minor & ~0xFFu) << 12);
                break;
        }
        if (XattrSet.From(source.Xattrs) is { } xattrs)
        {
            inode.Xattrs = _xattrs.Count;
            _xattrs.Add(xattrs);
        }
        return inode;
    }

    private int AddInode(LayerInode inode)
    {
        if (InodeCount == MaxInodes) throw new ImageException($"a layer has more than {MaxInodes} files");
        if (InodeCount == _inodes.Length) Array.Resize(ref _inodes, InodeCount * 2);
        _inodes[InodeCount] = inode;
        return InodeCount++;
    }

    private static ImageException Refuse(TarEntry source, string why) =>
        new($"bad entry \"{TarPath.Show(source.Path)}\" in tar: {why}");
}
