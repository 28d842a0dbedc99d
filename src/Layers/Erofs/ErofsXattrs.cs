using System.Buffers.Binary;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Erofs;

/// <summary>
/// An inode's attributes as they stand after it: erofs_xattr_ibody_header and entries. Names outside user, trusted,
/// security and POSIX ACLs have no place in the format and are left out, as a filesystem that does not know them
/// leaves them out for Docker.
/// </summary>
internal static class ErofsXattrs
{
    /// <summary>Bytes of the body, 0 when there are no attributes.</summary>
    internal static int SizeOf(XattrSet? set)
    {
        if (set is null) return 0;
        int size = 0;
        foreach (var (name, value) in set.Items)
        {
            ReadOnlySpan<byte> suffix = ErofsFormat.XattrIndex(name, out byte index);
            if (index != 0) size += EntrySize(suffix.Length, value.Length);
        }
        if (size == 0) return 0;
        size += ErofsFormat.XattrHeaderSize;
        if (size > MaxSize)
            throw new ImageException($"a file has {size} bytes of extended attributes, at most {MaxSize} are taken");
        return size;
    }

    /// <summary>What i_xattr_icount says for a body of <paramref name="size"/> bytes.</summary>
    internal static ushort CountOf(int size) => (ushort)(size == 0 ? 0 : (size - ErofsFormat.XattrHeaderSize) / 4 + 1);

    /// <summary>Adds the body, exactly <see cref="SizeOf"/> bytes.</summary>
    internal static void Write(ByteBuffer output, XattrSet set)
    {
        output.Extend(ErofsFormat.XattrHeaderSize).Clear();
        foreach (var (name, value) in set.Items)
        {
            ReadOnlySpan<byte> suffix = ErofsFormat.XattrIndex(name, out byte index);
            if (index != 0) WriteEntry(output, index, suffix, value);
        }
    }

    private const int MaxSize = ErofsFormat.XattrHeaderSize + (ushort.MaxValue - 1) * 4;

    private static int EntrySize(int nameLength, int valueLength) =>
        (ErofsFormat.XattrEntrySize + nameLength + valueLength + 3) & ~3;

    private static void WriteEntry(ByteBuffer output, byte index, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (value.Length > ushort.MaxValue)
            throw new ImageException(
                $"an extended attribute has {value.Length} bytes, at most {ushort.MaxValue} are taken");
        Span<byte> entry = output.Extend(EntrySize(name.Length, value.Length));
        entry.Clear();
        entry[0] = (byte)name.Length;
        entry[1] = index;
        BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)value.Length);
        name.CopyTo(entry[ErofsFormat.XattrEntrySize..]);
        value.CopyTo(entry[(ErofsFormat.XattrEntrySize + name.Length)..]);
    }
}
