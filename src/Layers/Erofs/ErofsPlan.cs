using System.Runtime.InteropServices;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Erofs;

/// <summary>An inode of the image and where it goes.</summary>
internal struct ErofsNode
{
    /// <summary>Inode of the tree, or -1 for the image's own root.</summary>
    internal int Inode;

    /// <summary>
    /// Directories: their names are this range of <see cref="ErofsPlan.Names"/>, sorted by bytes, dots included.
    /// </summary>
    internal int FirstName, NameCount;

    internal int Subdirectories;
    internal int XattrBytes;

    /// <summary>Bytes of content.</summary>
    internal long Size;

    /// <summary>Byte offset in the image.</summary>
    internal long Position;

    internal int Layout;

    /// <summary>Chunk-based layout: how many blocks a chunk has, as a shift.</summary>
    internal int ChunkBits;

    /// <summary>First block of content in the image: of flat layouts, or of copied chunks.</summary>
    internal uint Block;
    internal bool Compact;
}

/// <summary>
/// A name in a directory: the node it leads to, and the tree's entry, or one of the constants for names without
/// one.
/// </summary>
internal readonly record struct ErofsName(int Node, int Entry)
{
    internal const int Dot = -1, DotDot = -2, Tree = -3;
}

/// <summary>
/// Decides where everything in the image goes, so that it can be written front to back. The image's root holds one
/// directory, <see cref="TreeName"/>, which is the layer's root: a path through it exists only while the image is
/// mounted.
/// </summary>
internal sealed class ErofsPlan
{
    /// <summary>Name of the layer's root directory in the image.</summary>
    internal const string TreeName = "fs";

    // Most bytes of indexes and copies beyond the tar's own length: those of honest sparse files stay far below it.
    private const long MaxSparseBytes = 64 << 20;
    private const long MaxSparseFile = 1L << 50;

    private readonly LayerTree _tree;
    private readonly long _tarBytes;
    private readonly int[] _nodeOf;
    private readonly FileSegment[] _whole = new FileSegment[1]; // Of the file that is being asked for.
    private long _sparseBytes;
    private readonly List<ErofsNode> _nodes;
    private readonly List<ErofsName> _names = [];

    internal ErofsPlan(LayerTree tree, long tarBytes)
    {
        (_tree, _tarBytes) = (tree, tarBytes);
        _nodes = new List<ErofsNode>(tree.InodeCount + 1); // Growing would take half as much again.
        _nodeOf = new int[tree.InodeCount];
        Array.Fill(_nodeOf, -1);
        BuildTime = CommonMtime();
        CollectNames();
        long end = Xattrs.PlaceShared(PlaceInodes());
        TotalBlocks = PlaceBlocks(end);
    }

    /// <summary>Nodes in the order of their positions; the first is the root.</summary>
    internal Span<ErofsNode> Nodes => CollectionsMarshal.AsSpan(_nodes);

    /// <summary>The attributes of all inodes.</summary>
    internal ErofsXattrs Xattrs { get; } = new();

    /// <summary>All directories' names.</summary>
    internal ReadOnlySpan<ErofsName> Names => CollectionsMarshal.AsSpan(_names);

    /// <summary>The modification time that compact inodes share.</summary>
    internal (long Seconds, int Nanoseconds) BuildTime { get; }

    /// <summary>Length of the image in blocks.</summary>
    internal long TotalBlocks { get; }

    /// <summary>Blocks before the first copy of content, with which the image ends.</summary>
    internal long CopiesStart { get; private set; }

    /// <summary>Bytes of a name.</summary>
    internal ReadOnlySpan<byte> Text(ErofsName name) => name.Entry switch
    {
        ErofsName.Dot => "."u8,
        ErofsName.DotDot => ".."u8,
        ErofsName.Tree => "fs"u8,
        _ => _tree.NameOf(name.Entry),
    };

    /// <summary>A node's number on disk, counted from the image's start in slots.</summary>
    internal long NidOf(int node) => Nodes[node].Position / ErofsFormat.SlotSize;

    /// <summary>
    /// The majority's modification time, if there is a majority: layers of reproducible builds have but one.
    /// </summary>
    private (long, int) CommonMtime()
    {
        (long, int) candidate = default;
        int votes = 0;
        for (int i = 0; i < _tree.InodeCount; i++)
        {
            ref readonly LayerInode inode = ref _tree.Inode(i);
            bool same = candidate == (inode.MtimeSeconds, inode.MtimeNanoseconds);
            if (votes == 0) (candidate, votes) = ((inode.MtimeSeconds, inode.MtimeNanoseconds), 1);
            else votes += same ? 1 : -1;
        }
        return candidate;
    }

    private void CollectNames()
    {
        int root = AddNode(-1), top = AddNode(_tree.InodeOf(LayerTree.Root));
        _names.AddRange([new(root, ErofsName.Dot), new(root, ErofsName.DotDot), new(top, ErofsName.Tree)]);
        Nodes[root].NameCount = 3;
        Nodes[root].Subdirectories = 1;
        Nodes[root].Size = SizeOfNames(0, 3);
        var pending = new Stack<(int Entry, int Node, int Parent)>();
        pending.Push((LayerTree.Root, top, root));
        var subdirectories = new List<(int Entry, int Node, int Parent)>();
        while (pending.TryPop(out var next))
        {
            CollectDirectory(next.Entry, next.Node, next.Parent, subdirectories);
            for (int i = subdirectories.Count - 1; i >= 0; i--) pending.Push(subdirectories[i]);
            subdirectories.Clear();
        }
    }

    /// <summary>
    /// Sorts a directory's names and gives its children places beside each other, which a listing reads together.
    /// </summary>
    private void CollectDirectory(int entry, int node, int parent, List<(int, int, int)> subdirectories)
    {
        int first = _names.Count;
        _names.Add(new(node, ErofsName.Dot));
        _names.Add(new(parent, ErofsName.DotDot));
        for (int child = _tree.FirstChild(entry); child >= 0; child = _tree.NextSibling(child))
            _names.Add(new(-1, child));
        Span<ErofsName> names = CollectionsMarshal.AsSpan(_names)[first..];
        names.Sort(new ByName(this));
        foreach (ref ErofsName name in names)
        {
            if (name.Entry < 0) continue;
            int inode = _tree.InodeOf(name.Entry);
            int child = _nodeOf[inode] >= 0 ? _nodeOf[inode] : AddNode(inode);
            if (_tree.Inode(inode).Type == TarEntryType.Directory) subdirectories.Add((name.Entry, child, node));
            name = name with { Node = child };
        }
        ref ErofsNode directory = ref Nodes[node];
        (directory.FirstName, directory.NameCount) = (first, names.Length);
        directory.Subdirectories = subdirectories.Count;
        directory.Size = SizeOfNames(first, names.Length);
    }

    private int AddNode(int inode)
    {
        int node = _nodes.Count;
        var added = new ErofsNode { Inode = inode };
        if (inode >= 0)
        {
            _nodeOf[inode] = node;
            ref readonly LayerInode source = ref _tree.Inode(inode);
            added.Size = source.Size;
            if (_tree.XattrsOf(inode) is { } xattrs) Xattrs.Count(xattrs);
        }
        _nodes.Add(added);
        return node;
    }

    /// <summary>
    /// Each block starts with its records and goes on with their names; only the last one may be short.
    /// </summary>
    private long SizeOfNames(int first, int count)
    {
        long size = 0;
        int used = 0;
        foreach (ErofsName name in CollectionsMarshal.AsSpan(_names).Slice(first, count))
        {
            int need = ErofsFormat.DirentSize + Text(name).Length;
            if (used + need > ErofsFormat.BlockSize)
            {
                size += ErofsFormat.BlockSize;
                used = 0;
            }
            used += need;
        }
        return size + used;
    }

    private long PlaceInodes()
    {
        long at = ErofsFormat.SuperOffset + ErofsFormat.BlockSize;
        foreach (ref ErofsNode node in Nodes)
        {
            node.Compact = IsCompact(node);
            if (node.Inode >= 0) node.XattrBytes = Xattrs.SizeOf(_tree.XattrsOf(node.Inode));
            int head = (node.Compact ? ErofsFormat.CompactInodeSize : ErofsFormat.ExtendedInodeSize) + node.XattrBytes;
            long tail = InlineBytes(node);
            node.Layout = tail == 0 ? LayoutWithoutTail(node) : ErofsFormat.LayoutFlatInline;
            long start = at;
            // Inline content may not cross a block: move on to where it fits. Some combinations fit nowhere.
            while (tail > 0 && (start + head) % ErofsFormat.BlockSize + tail > ErofsFormat.BlockSize)
            {
                start += ErofsFormat.SlotSize;
                if (start - at < ErofsFormat.BlockSize) continue;
                (start, tail, node.Layout) = (at, 0, ErofsFormat.LayoutFlatPlain);
            }
            node.Position = start;
            long end = start + head + tail;
            if (node.Layout == ErofsFormat.LayoutChunkBased)
                end = Align(end, ErofsFormat.ChunkIndexSize) + PlaceChunks(ref node);
            at = Align(end, ErofsFormat.SlotSize);
        }
        return at;
    }

    private bool IsCompact(in ErofsNode node)
    {
        if (node.Inode < 0) return true;
        ref readonly LayerInode inode = ref _tree.Inode(node.Inode);
        return (inode.MtimeSeconds, inode.MtimeNanoseconds) == BuildTime
            && inode.Uid <= ushort.MaxValue && inode.Gid <= ushort.MaxValue && node.Size <= uint.MaxValue
            && Math.Max(inode.Links, node.Subdirectories + 2) <= ushort.MaxValue;
    }

    /// <summary>
    /// Bytes of content that would go behind the inode: the part of directories and symlinks that fills no block.
    /// </summary>
    private long InlineBytes(in ErofsNode node)
    {
        bool flat = node.Inode < 0 || _tree.Inode(node.Inode).Type is TarEntryType.Directory or TarEntryType.Symlink;
        return flat ? node.Size % ErofsFormat.BlockSize : 0;
    }

    private int LayoutWithoutTail(in ErofsNode node) =>
        node.Inode >= 0 && node.Size > 0 && _tree.Inode(node.Inode).Type == TarEntryType.Regular
            ? ErofsFormat.LayoutChunkBased : ErofsFormat.LayoutFlatPlain;

    /// <summary>Whether a regular file needs more than to be told where in the tar it starts.</summary>
    internal bool IsCut(in ErofsNode node)
    {
        ref readonly LayerInode inode = ref _tree.Inode(node.Inode);
        return inode.Map != 0
            || Align(inode.Data + inode.Size, ErofsFormat.BlockSize) > (_tarBytes & -ErofsFormat.BlockSize);
    }

    /// <summary>How a file for which <see cref="IsCut"/> holds is cut; invalid after the next call.</summary>
    internal ErofsChunks ChunksOf(in ErofsNode node)
    {
        ref readonly LayerInode inode = ref _tree.Inode(node.Inode);
        _whole[0] = new FileSegment(0, inode.Size);
        return new ErofsChunks(inode.Map != 0 ? _tree.SegmentsOf(node.Inode) : _whole,
            inode.Size, inode.Data, _tarBytes & -ErofsFormat.BlockSize);
    }

    /// <summary>Decides on the size of a file's chunks; the result is what their indexes take.</summary>
    private long PlaceChunks(ref ErofsNode node)
    {
        if (!IsCut(node)) node.ChunkBits = ErofsChunks.BitsFor(node.Size);
        else
        {
            if (node.Size > MaxSparseFile)
                throw new ImageException($"a sparse file has {node.Size} bytes, at most {MaxSparseFile} are taken");
            ErofsChunks chunks = ChunksOf(node);
            node.ChunkBits = chunks.CheapestBits();
            _sparseBytes += chunks.Copies(node.ChunkBits).Bytes
                + ErofsFormat.ChunkIndexSize * ErofsChunks.Count(node.Size, node.ChunkBits);
            if (_sparseBytes > _tarBytes + MaxSparseBytes)
                throw new ImageException($"its sparse files take {_sparseBytes} bytes besides the tar, at most "
                    + $"{_tarBytes + MaxSparseBytes} are taken");
        }
        return ErofsFormat.ChunkIndexSize * ErofsChunks.Count(node.Size, node.ChunkBits);
    }

    /// <summary>Bytes of a flat inode's content that are in blocks of their own.</summary>
    internal static long BlockBytes(in ErofsNode node) =>
        node.Layout == ErofsFormat.LayoutFlatInline ? node.Size - node.Size % ErofsFormat.BlockSize
        : node.Layout == ErofsFormat.LayoutFlatPlain ? node.Size : 0;

    private long PlaceBlocks(long at)
    {
        long block = Align(at, ErofsFormat.BlockSize) >> ErofsFormat.BlockBits;
        foreach (ref ErofsNode node in Nodes)
        {
            long bytes = BlockBytes(node);
            node.Block = bytes == 0 ? ErofsFormat.NullAddress : checked((uint)block);
            block += Align(bytes, ErofsFormat.BlockSize) >> ErofsFormat.BlockBits;
        }
        CopiesStart = block;
        foreach (ref ErofsNode node in Nodes)
        {
            if (node.Layout != ErofsFormat.LayoutChunkBased || !IsCut(node)) continue;
            node.Block = (uint)block;
            block += ChunksOf(node).Copies(node.ChunkBits).Blocks;
            if (block > uint.MaxValue)
                throw new ImageException("its sparse files take more blocks than the image's format can count");
        }
        return block;
    }

    private static long Align(long value, long alignment) => (value + alignment - 1) & -alignment;

    private readonly struct ByName(ErofsPlan plan) : IComparer<ErofsName>
    {
        public int Compare(ErofsName a, ErofsName b) => plan.Text(a).SequenceCompareTo(plan.Text(b));
    }
}
