using System.Buffers;
using System.Buffers.Binary;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Erofs;

/// <summary>Content of regular files: where it is in the tar, or copies of it.</summary>
internal sealed partial class ErofsWriter
{
    private const ushort ImageDevice = 0, TarDevice = 1;
    private const int CopyBytes = 64 << 10;

    private void WriteChunks(in ErofsNode node)
    {
        PadTo((_flushed + _buffer.Length + ErofsFormat.ChunkIndexSize - 1) & -ErofsFormat.ChunkIndexSize);
        if (_plan.IsCut(node))
        {
            WriteCutChunks(node);
            return;
        }
        long block = (_start + _tree.Inode(node.Inode).Data) >> ErofsFormat.BlockBits;
        long count = ErofsChunks.Count(node.Size, node.ChunkBits);
        for (long i = 0; i < count; i++, block += 1L << node.ChunkBits) WriteIndex(TarDevice, checked((uint)block));
    }

    private void WriteCutChunks(in ErofsNode node)
    {
        uint copy = node.Block;
        for (var chunk = _plan.ChunksOf(node).Start(node.ChunkBits); chunk.Next();)
        {
            if (chunk.IsHole) WriteIndex(ImageDevice, ErofsFormat.NullAddress);
            else if (chunk.TarOffset >= 0)
                WriteIndex(TarDevice, checked((uint)((_start + chunk.TarOffset) >> ErofsFormat.BlockBits)));
            else
            {
                WriteIndex(ImageDevice, copy);
                copy += 1u << node.ChunkBits;
            }
            if (_buffer.Length >= BufferBytes) Flush();
        }
    }

    private void WriteIndex(ushort device, uint block)
    {
        Span<byte> index = _buffer.Extend(ErofsFormat.ChunkIndexSize);
        BinaryPrimitives.WriteUInt16LittleEndian(index, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(index[2..], device);
        BinaryPrimitives.WriteUInt32LittleEndian(index[4..], block);
    }

    /// <summary>Copies what chunks cannot refer to, leaving holes as holes; the result is the image's length.</summary>
    private long WriteCopies()
    {
        long length = _plan.TotalBlocks << ErofsFormat.BlockBits;
        if (length == _flushed) return length;
        Files.Ftruncate(_output, length);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(CopyBytes);
        try
        {
            foreach (ref readonly ErofsNode node in _plan.Nodes)
                if (node.Layout == ErofsFormat.LayoutChunkBased && _plan.IsCut(node)) WriteCopies(node, buffer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return length;
    }

    private void WriteCopies(in ErofsNode node, byte[] buffer)
    {
        long at = (long)node.Block << ErofsFormat.BlockBits;
        for (var chunk = _plan.ChunksOf(node).Start(node.ChunkBits); chunk.Next();)
        {
            if (chunk.IsHole || chunk.TarOffset >= 0) continue;
            while (chunk.TryNextPiece(out long from, out long length, out long tarOffset))
                Copy(tarOffset, at + from - chunk.Start, length, buffer);
            at += (long)ErofsFormat.BlockSize << node.ChunkBits;
        }
    }

    private void Copy(long from, long to, long length, byte[] buffer)
    {
        while (length > 0)
        {
            int count = Files.PRead(_tar, buffer.AsSpan(0, (int)Math.Min(length, buffer.Length)), _start + from);
            if (count == 0) throw new ImageException($"{_tar} is shorter than it was");
            Files.PWriteAll(_output, buffer.AsSpan(0, count), to);
            from += count;
            to += count;
            length -= count;
        }
    }
}
