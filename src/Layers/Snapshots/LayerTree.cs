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

    // Bytes of memory for an inode and for a name, those of the image's plan and of free places included.
    private const int InodeCost = 128, NameCost = 64;
    private const int SegmentCost = 16; // Of a sparse file's map.

    private const int MaxSymlinks = 40; // As the kernel's MAXSYMLINKS.

    // Steps of one walk, times the deepest path: symlinks could lead every entry through thousands of directories.
    private const int StepsPerDepth = 4;
    private const ushort ImpliedMode = 0x1ED; // 0755, as Docker makes parents that the tar leaves out.

    private readonly ILayerEffects? _effects;
    private readonly IngestLimits _limits;
    private readonly ulong _seed = (ulong)Random.Shared.NextInt64();
    private readonly ByteBuffer _path = new(512), _link = new(512), _cachedParent = new(512);
    private readonly List<XattrSet> _xattrs = [];
    private readonly List<FileSegment[]> _maps = [];
    private readonly Chunks<LayerInode> _inodes = new();
    private int _cachedDirectory = -1;
    private long _metadataBytes;

    /// <summary>An empty layer: a root directory, implied until the tar describes it.</summary>
    internal LayerTree(ILayerEffects? effects = null, IngestLimits? limits = null)
    {
        (_effects, _limits) = (effects, limits ?? IngestLimits.Default);
        AddName(Root, default, AddInode(Implied()));
    }

    /// <summary>Inodes made so far, replaced ones included.</summary>
    internal int InodeCount => _inodes.Count;

    /// <summary>Names made so far, replaced ones included.</summary>
    internal int EntryCount => _entries.Count;

    /// <summary>An inode's attributes.</summary>
    internal ref readonly LayerInode Inode(int inode) => ref _inodes[inode];

    /// <summary>
    /// An inode's extended attributes; none of them belongs to overlayfs before <see cref="MarkForOverlay"/>.
    /// </summary>
    internal XattrSet? XattrsOf(int inode) => _inodes[inode].Xattrs < 0 ? null : _xattrs[_inodes[inode].Xattrs];

    /// <summary>Where a sparse file has data.</summary>
    internal ReadOnlySpan<FileSegment> SegmentsOf(int inode) => _maps[_inodes[inode].Map - 1];

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
        TarPath.Clean(source.Path, _path, _limits);
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

    /// <summary>
    /// After the last entry: gives directories the attributes by which overlayfs knows what they hide. A directory with
    /// nothing below it would list its own whiteouts, unless an origin, even an empty one, says that it may have some.
    /// </summary>
    internal void MarkForOverlay()
    {
        for (int entry = 0; entry < EntryCount; entry++)
        {
            if (_entries[entry].Dead) continue;
            ref LayerInode inode = ref _inodes[InodeOf(entry)];
            if (inode.Opaque) Mark(ref inode, OverlayMarks.Opaque, "y"u8);
            if (inode.IsWhiteout) Mark(ref _inodes[InodeOf(ParentOf(entry))], OverlayMarks.Origin, default);
        }
    }

    private void Mark(ref LayerInode directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        XattrSet? old = directory.Xattrs < 0 ? null : _xattrs[directory.Xattrs];
        if (old is not null && old.Has(name)) return;
        directory.Xattrs = _xattrs.Count;
        _xattrs.Add(XattrSet.With(old, name, value));
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
        if (hidden.IsEmpty || hidden.SequenceEqual("."u8) || hidden.SequenceEqual(".."u8))
            throw Refuse(source, "it is a whiteout without a name");
        int existing = Find(parent, hidden);
        if (existing < 0)
        {
            LayerInode whiteout = Describe(source);
            (whiteout.Type, whiteout.Mode, whiteout.Xattrs) = (TarEntryType.CharDevice, 0, -1);
            (whiteout.Data, whiteout.Size, whiteout.Map) = (0, 0, 0);
            int entry = AddName(parent, hidden, AddInode(whiteout));
            _effects?.Added(entry, null);
        }
        else if (TypeOf(existing) == TarEntryType.Directory) _inodes[InodeOf(existing)].Opaque = true;
        return -1;
    }

    private int ApplyHardLink(int parent, ReadOnlySpan<byte> name, TarEntry source)
    {
        CleanLink(source);
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

    private void CleanLink(TarEntry source)
    {
        try
        {
            TarPath.Clean(source.LinkPath, _link, _limits);
        }
        catch (ImageException e)
        {
            throw Refuse(source, $"it is a hard link with a {e.Message}");
        }
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
        for (int child = FirstChild(entry), next; child >= 0; child = next)
        {
            next = NextSibling(child);
            Kill(child);
            _entries[child].Unlinked = true;
        }
        // The next list of this directory starts without the dead: looking through them each time could take forever.
        _entries[entry].FirstChild = -1;
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
        int at = Root, symlinks = 0, steps = 0;
        byte[]? expanded = null; // Only when a symlink is met.
        while (!path.IsEmpty)
        {
            int slash = path.IndexOf((byte)'/');
            ReadOnlySpan<byte> name = slash < 0 ? path : path[..slash];
            path = slash < 0 ? default : path[(slash + 1)..];
            if (++steps > StepsPerDepth * _limits.PathDepth)
                throw Refuse(source, $"its path has {steps} components through symlinks");
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
        // -1 is no user and no group to the kernel; chown(2) leaves the owner alone, which then would be root.
        if (source.Uid == uint.MaxValue || source.Gid == uint.MaxValue)
            throw Refuse(source, $"its owner {source.Uid}:{source.Gid} does not exist");
        var inode = new LayerInode
        {
            Type = source.Type, Mode = (ushort)source.Mode, Uid = source.Uid, Gid = source.Gid, Links = 1,
            MtimeSeconds = source.MtimeSeconds, MtimeNanoseconds = source.MtimeNanoseconds, Xattrs = -1,
        };
        switch (source.Type)
        {
            case TarEntryType.Regular:
                (inode.Size, inode.Data) = (source.Size, source.DataOffset);
                if (source.Map is { } map) inode.Map = AddMap(map.Segments);
                break;
            case TarEntryType.Symlink:
                if (source.LinkPath.Length is 0 or > TarPath.MaxBytes || source.LinkPath.Contains((byte)0))
                    throw Refuse(source, "it is a symlink with an empty or too long target");
                Charge(source.LinkPath.Length);
                (inode.Size, inode.Data) = (source.LinkPath.Length, _names.Append(source.LinkPath));
                inode.Mode = 0x1FF;
                break;
            case TarEntryType.CharDevice or TarEntryType.BlockDevice when OverlayMarks.HidesDevices:
                inode.Type = TarEntryType.CharDevice;
                break;
            case TarEntryType.CharDevice or TarEntryType.BlockDevice:
                uint minor = source.DeviceMinor;
                inode.Data = (minor & 0xFF) | (source.DeviceMajor << 8) | ((minor & ~0xFFu) << 12);
                break;
        }
        if (XattrSet.From(source.Xattrs) is { } xattrs)
        {
            inode.Xattrs = _xattrs.Count;
            Charge(xattrs.Bytes);
            _xattrs.Add(xattrs);
        }
        return inode;
    }

    private int AddMap(ReadOnlySpan<FileSegment> segments)
    {
        Charge(SegmentCost * (segments.Length + 1));
        _maps.Add(segments.ToArray());
        return _maps.Count;
    }

    private int AddInode(in LayerInode inode)
    {
        Charge(InodeCost);
        return _inodes.Add(inode);
    }

    private void Charge(int bytes)
    {
        _metadataBytes += bytes;
        if (_metadataBytes > _limits.MetadataBytes)
            throw IngestLimits.Exceeded("metadata-bytes", _limits.MetadataBytes,
                $"bad entry \"{TarPath.Show(_path.Span)}\" in tar: with it names and attributes take too much memory");
    }

    private static ImageException Refuse(TarEntry source, string why) =>
        new($"bad entry \"{TarPath.Show(source.Path)}\" in tar: {why}");
}
