using System.Buffers.Binary;
using System.Numerics;
using Skiff.Interop;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Erofs;

/// <summary>
/// Writes the EROFS image of a layer: every inode and directory, and for each regular file the place in the tar,
/// the image's extra device, where its content is. The bytes depend on the tree alone.
/// </summary>
internal sealed partial class ErofsWriter
{
    private const int BufferBytes = 1 << 18;

    private readonly LayerTree _tree;
    private readonly ErofsPlan _plan;
    private readonly Fd _tar, _output;
    private readonly long _start;
    private readonly ByteBuffer _buffer = new(BufferBytes + 4096);
    private long _flushed;

    private ErofsWriter(LayerTree tree, long tarBytes, Fd tar, long start, Fd output)
    {
        (_tree, _tar, _start, _output) = (tree, tar, start, output);
        tree.MarkForOverlay();
        _plan = new ErofsPlan(tree, tarBytes);
    }

    /// <summary>Writes the image to an empty file and returns its length.</summary>
    /// <param name="tree">The layer.</param>
    /// <param name="tarBytes">Length of the tar.</param>
    /// <param name="tar">The file with the tar, from which content is copied that the image cannot refer to.</param>
    /// <param name="start">Where the tar begins in it, a multiple of a block.</param>
    /// <param name="output">Open for writing, at its start.</param>
    internal static long Write(LayerTree tree, long tarBytes, Fd tar, long start, Fd output)
    {
        var writer = new ErofsWriter(tree, tarBytes, tar, start, output);
        long end = start + tarBytes + ErofsFormat.BlockSize - 1;
        writer.WriteSuperblock(checked((uint)(end >> ErofsFormat.BlockBits)));
        for (int i = 0; i < writer._plan.Nodes.Length; i++) writer.WriteNode(i);
        writer.WriteSharedXattrs();
        foreach (ref readonly ErofsNode node in writer._plan.Nodes) writer.WriteBlocks(node);
        writer.PadTo(writer._plan.CopiesStart << ErofsFormat.BlockBits);
        writer.Flush();
        return writer.WriteCopies();
    }

    private void WriteSuperblock(uint tarBlocks)
    {
        Span<byte> head = _buffer.Extend(ErofsFormat.SuperOffset + ErofsFormat.BlockSize);
        head.Clear();
        Span<byte> super = head[ErofsFormat.SuperOffset..];
        BinaryPrimitives.WriteUInt32LittleEndian(super, ErofsFormat.Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(super[8..], ErofsFormat.FeatureCompat);
        super[12] = ErofsFormat.BlockBits;
        BinaryPrimitives.WriteUInt16LittleEndian(super[14..], checked((ushort)_plan.NidOf(0)));
        BinaryPrimitives.WriteInt64LittleEndian(super[16..], _plan.Nodes.Length);
        BinaryPrimitives.WriteInt64LittleEndian(super[24..], _plan.BuildTime.Seconds);
        BinaryPrimitives.WriteInt32LittleEndian(super[32..], _plan.BuildTime.Nanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(super[36..], checked((uint)_plan.TotalBlocks));
        BinaryPrimitives.WriteUInt32LittleEndian(super[44..], _plan.Xattrs.SharedBlock);
        BinaryPrimitives.WriteUInt32LittleEndian(super[80..], ErofsFormat.FeatureIncompat);
        BinaryPrimitives.WriteUInt16LittleEndian(super[86..], 1);
        // The device table is counted in slots of its own size; the first one after the superblock.
        const int Slot = (ErofsFormat.SuperOffset + ErofsFormat.SuperSize) / ErofsFormat.DeviceSlotSize;
        BinaryPrimitives.WriteUInt16LittleEndian(super[88..], Slot);
        BinaryPrimitives.WriteUInt32LittleEndian(super[(ErofsFormat.SuperSize + 64)..], tarBlocks);
        BinaryPrimitives.WriteUInt32LittleEndian(super[4..], Checksum(super));
    }

    /// <summary>
    /// CRC-32C without the final inversion, over the superblock's block with the field itself as zero.
    /// </summary>
    private static uint Checksum(ReadOnlySpan<byte> block)
    {
        uint crc = uint.MaxValue;
        for (; !block.IsEmpty; block = block[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(block));
        return crc;
    }

    private void WriteNode(int index)
    {
        ref readonly ErofsNode node = ref _plan.Nodes[index];
        PadTo(node.Position);
        if (node.Compact) WriteCompact(index, node);
        else WriteExtended(index, node);
        if (node.XattrBytes > 0) _plan.Xattrs.Write(_buffer, _tree.XattrsOf(node.Inode)!, node.XattrBytes);
        if (node.Layout == ErofsFormat.LayoutChunkBased) WriteChunks(node);
        if (node.Layout == ErofsFormat.LayoutFlatInline)
        {
            if (IsSymlink(node)) _buffer.Append(_tree.TargetOf(node.Inode)[(int)ErofsPlan.BlockBytes(node)..]);
            else WriteDirectory(node, tail: true);
        }
        if (_buffer.Length >= BufferBytes) Flush();
    }

    private void WriteSharedXattrs()
    {
        if (_plan.Xattrs.SharedCount > 0) PadTo(_plan.Xattrs.SharedStart);
        for (int i = 0; i < _plan.Xattrs.SharedCount; i++)
        {
            _plan.Xattrs.WriteShared(_buffer, i);
            if (_buffer.Length >= BufferBytes) Flush();
        }
    }

    private void WriteCompact(int index, in ErofsNode node)
    {
        LayerInode inode = InodeOf(node);
        Span<byte> disk = _buffer.Extend(ErofsFormat.CompactInodeSize);
        disk.Clear();
        WriteCommon(disk, index, node, inode, version: 0);
        BinaryPrimitives.WriteUInt16LittleEndian(disk[6..], (ushort)Links(node, inode));
        BinaryPrimitives.WriteUInt32LittleEndian(disk[8..], (uint)node.Size);
        BinaryPrimitives.WriteUInt16LittleEndian(disk[24..], (ushort)inode.Uid);
        BinaryPrimitives.WriteUInt16LittleEndian(disk[26..], (ushort)inode.Gid);
    }

    private void WriteExtended(int index, in ErofsNode node)
    {
        LayerInode inode = InodeOf(node);
        Span<byte> disk = _buffer.Extend(ErofsFormat.ExtendedInodeSize);
        disk.Clear();
        WriteCommon(disk, index, node, inode, version: 1);
        BinaryPrimitives.WriteInt64LittleEndian(disk[8..], node.Size);
        BinaryPrimitives.WriteUInt32LittleEndian(disk[24..], inode.Uid);
        BinaryPrimitives.WriteUInt32LittleEndian(disk[28..], inode.Gid);
        BinaryPrimitives.WriteInt64LittleEndian(disk[32..], inode.MtimeSeconds);
        BinaryPrimitives.WriteInt32LittleEndian(disk[40..], inode.MtimeNanoseconds);
        BinaryPrimitives.WriteInt32LittleEndian(disk[44..], Links(node, inode));
    }

    private static void WriteCommon(Span<byte> disk, int index, in ErofsNode node, in LayerInode inode, int version)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(disk, (ushort)(version | (node.Layout << 1)));
        BinaryPrimitives.WriteUInt16LittleEndian(disk[2..], ErofsXattrs.CountOf(node.XattrBytes));
        BinaryPrimitives.WriteUInt16LittleEndian(disk[4..], inode.StMode);
        uint union = inode.Type switch
        {
            TarEntryType.CharDevice or TarEntryType.BlockDevice => (uint)inode.Data,
            TarEntryType.Regular when node.Size > 0 =>
                (uint)(node.ChunkBits | ErofsFormat.ChunkFormatIndexes),
            _ => node.Block,
        };
        BinaryPrimitives.WriteUInt32LittleEndian(disk[16..], union);
        BinaryPrimitives.WriteInt32LittleEndian(disk[20..], index + 1);
    }

    private LayerInode InodeOf(in ErofsNode node) => node.Inode >= 0 ? _tree.Inode(node.Inode)
        : new LayerInode { Type = TarEntryType.Directory, Mode = 0x1ED };

    private static int Links(in ErofsNode node, in LayerInode inode) =>
        inode.Type == TarEntryType.Directory ? node.Subdirectories + 2 : inode.Links;

    private void WriteBlocks(in ErofsNode node)
    {
        long bytes = ErofsPlan.BlockBytes(node);
        if (bytes == 0) return;
        PadTo((long)node.Block << ErofsFormat.BlockBits);
        if (IsSymlink(node)) _buffer.Append(_tree.TargetOf(node.Inode)[..(int)bytes]);
        else WriteDirectory(node, tail: false);
    }

    private bool IsSymlink(in ErofsNode node) =>
        node.Inode >= 0 && _tree.Inode(node.Inode).Type == TarEntryType.Symlink;

    /// <summary>
    /// Writes what of a directory goes behind its inode, or what goes into blocks of its own. Block by block: all of it
    /// together could have a hundred megabytes.
    /// </summary>
    private void WriteDirectory(in ErofsNode node, bool tail)
    {
        ReadOnlySpan<ErofsName> names = _plan.Names.Slice(node.FirstName, node.NameCount);
        while (!names.IsEmpty)
        {
            int count = 0, used = 0;
            for (int need; count < names.Length; count++, used += need)
            {
                need = ErofsFormat.DirentSize + _plan.Text(names[count]).Length;
                if (used + need > ErofsFormat.BlockSize) break;
            }
            bool isLast = count == names.Length;
            if (tail == (isLast && node.Layout == ErofsFormat.LayoutFlatInline))
            {
                WriteDirectoryBlock(names[..count], used);
                if (!isLast) _buffer.Extend(ErofsFormat.BlockSize - used).Clear();
                if (_buffer.Length >= BufferBytes) Flush();
            }
            names = names[count..];
        }
    }

    private void WriteDirectoryBlock(ReadOnlySpan<ErofsName> names, int used)
    {
        Span<byte> block = _buffer.Extend(used);
        int nameOffset = names.Length * ErofsFormat.DirentSize;
        for (int i = 0; i < names.Length; i++)
        {
            Span<byte> record = block[(i * ErofsFormat.DirentSize)..];
            BinaryPrimitives.WriteInt64LittleEndian(record, _plan.NidOf(names[i].Node));
            BinaryPrimitives.WriteUInt16LittleEndian(record[8..], (ushort)nameOffset);
            record[10] = FileType(InodeOf(_plan.Nodes[names[i].Node]).Type);
            record[11] = 0;
            ReadOnlySpan<byte> text = _plan.Text(names[i]);
            text.CopyTo(block[nameOffset..]);
            nameOffset += text.Length;
        }
    }

    /// <summary>FT_* of the kernel's include/linux/fs_types.h.</summary>
    private static byte FileType(TarEntryType type) => type switch
    {
        TarEntryType.Regular => 1,
        TarEntryType.Directory => 2,
        TarEntryType.CharDevice => 3,
        TarEntryType.BlockDevice => 4,
        TarEntryType.Fifo => 5,
        _ => 7,
    };

    private void PadTo(long position)
    {
        int gap = checked((int)(position - _flushed - _buffer.Length));
        if (gap < 0)
            throw new InvalidOperationException($"the image is {-gap} bytes beyond its plan at byte {position}");
        _buffer.Extend(gap).Clear();
    }

    private void Flush()
    {
        Files.WriteAll(_output, _buffer.Span);
        _flushed += _buffer.Length;
        _buffer.Clear();
    }
}
