using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Erofs;

/// <summary>
/// The image's extended attributes. Behind an inode stand an erofs_xattr_ibody_header, the ids of its shared
/// attributes and the entries of the others. An attribute that enough inodes have with the same name and value is
/// shared: its one entry is in an area of its own, without regard to block boundaries, which the kernel's xattr.c
/// crosses like any other. Names outside user, trusted, security and POSIX ACLs have no place in the format and are
/// left out, as a filesystem that does not know them leaves them out for Docker.
/// </summary>
internal sealed class ErofsXattrs
{
    private const int IdSize = 4; // Also the unit in which ids count.
    private const int MaxSize = ErofsFormat.XattrHeaderSize + (ushort.MaxValue - 1) * 4;

    private readonly Dictionary<(byte[] Name, byte[] Value), Use> _uses = new(new ByBytes());
    private readonly List<(byte[] Name, byte[] Value)> _shared = [];
    private long _sharedBytes;

    /// <summary>Entries of the shared area.</summary>
    internal int SharedCount => _shared.Count;

    /// <summary>Byte offset of the shared area in the image, a multiple of four.</summary>
    internal long SharedStart { get; private set; }

    /// <summary>What xattr_blkaddr says: the block from whose start ids count, 0 when nothing is shared.</summary>
    internal uint SharedBlock => SharedCount == 0 ? 0 : checked((uint)(SharedStart >> ErofsFormat.BlockBits));

    /// <summary>Takes note of an inode's attributes; all inodes come here before the first is sized.</summary>
    internal void Count(XattrSet set)
    {
        foreach (var item in set.Items) CollectionsMarshal.GetValueRefOrAddDefault(_uses, item, out _).Count++;
    }

    /// <summary>
    /// Bytes of an inode's body, 0 when there are no attributes. Gives those that are shared their ids, which thus
    /// depend on the order of the inodes alone.
    /// </summary>
    internal int SizeOf(XattrSet? set)
    {
        if (set is null) return 0;
        int unshared = 0, entries = 0, ids = 0;
        foreach (var item in set.Items)
        {
            int size = EntrySize(item);
            unshared += size;
            if (ids < ErofsFormat.MaxSharedXattrs && IsShared(item, size)) Share(item, size, ref ids);
            else entries += size;
        }
        if (unshared == 0) return 0;
        // What is taken must not depend on what other files have.
        if (unshared + ErofsFormat.XattrHeaderSize is > MaxSize and var bytes)
            throw new ImageException($"a file has {bytes} bytes of extended attributes, at most {MaxSize} are taken");
        return ErofsFormat.XattrHeaderSize + IdSize * ids + entries;
    }

    /// <summary>All inodes have been sized: puts the shared area at a byte offset and returns its end.</summary>
    internal long PlaceShared(long at)
    {
        SharedStart = at;
        return at + _sharedBytes;
    }

    /// <summary>What i_xattr_icount says for a body of <paramref name="size"/> bytes.</summary>
    internal static ushort CountOf(int size) => (ushort)(size == 0 ? 0 : (size - ErofsFormat.XattrHeaderSize) / 4 + 1);

    /// <summary>Adds an inode's body, whose <paramref name="size"/> is that of <see cref="SizeOf"/>.</summary>
    internal void Write(ByteBuffer output, XattrSet set, int size)
    {
        Span<byte> body = output.Extend(size);
        body.Clear();
        uint firstId = (uint)(SharedStart % ErofsFormat.BlockSize) / IdSize;
        int ids = 0, at = ErofsFormat.XattrHeaderSize;
        foreach (var item in set.Items)
        {
            if (ids == ErofsFormat.MaxSharedXattrs) break;
            if (!IsShared(item, EntrySize(item))) continue;
            BinaryPrimitives.WriteUInt32LittleEndian(body[at..], checked(firstId + _uses[item].Id));
            ids++;
            at += IdSize;
        }
        body[4] = (byte)ids;
        foreach (var item in set.Items)
        {
            int entrySize = EntrySize(item);
            if (ids > 0 && IsShared(item, entrySize))
            {
                ids--;
                continue;
            }
            if (entrySize > 0) WriteEntry(body.Slice(at, entrySize), item);
            at += entrySize;
        }
    }

    /// <summary>Adds an entry of the shared area.</summary>
    internal void WriteShared(ByteBuffer output, int index)
    {
        Span<byte> entry = output.Extend(EntrySize(_shared[index]));
        entry.Clear();
        WriteEntry(entry, _shared[index]);
    }

    private void Share((byte[], byte[]) item, int size, ref int ids)
    {
        ids++;
        ref Use use = ref CollectionsMarshal.GetValueRefOrNullRef(_uses, item);
        if (use.IsPlaced) return;
        (use.IsPlaced, use.Id) = (true, checked((uint)(_sharedBytes / IdSize)));
        _shared.Add(item);
        _sharedBytes += size;
    }

    /// <summary>Whether an id for each inode and one entry take less than an entry for each.</summary>
    private bool IsShared((byte[], byte[]) item, int size)
    {
        long count = _uses[item].Count;
        return (count - 1) * size > count * IdSize;
    }

    /// <summary>Bytes of an entry, 0 for a name that has no place in the format.</summary>
    private static int EntrySize((byte[] Name, byte[] Value) item)
    {
        ReadOnlySpan<byte> suffix = ErofsFormat.XattrIndex(item.Name, out byte index);
        return index == 0 ? 0 : (ErofsFormat.XattrEntrySize + suffix.Length + item.Value.Length + 3) & ~3;
    }

    private static void WriteEntry(Span<byte> entry, (byte[] Name, byte[] Value) item)
    {
        var (name, value) = item;
        if (value.Length > ushort.MaxValue)
            throw new ImageException(
                $"an extended attribute has {value.Length} bytes, at most {ushort.MaxValue} are taken");
        ReadOnlySpan<byte> suffix = ErofsFormat.XattrIndex(name, out byte index);
        entry[0] = (byte)suffix.Length;
        entry[1] = index;
        BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)value.Length);
        suffix.CopyTo(entry[ErofsFormat.XattrEntrySize..]);
        value.CopyTo(entry[(ErofsFormat.XattrEntrySize + suffix.Length)..]);
    }

    /// <summary>How many inodes have an attribute, and the id of its shared entry from the area's start.</summary>
    private struct Use
    {
        internal int Count;
        internal uint Id;
        internal bool IsPlaced;
    }

    private sealed class ByBytes : IEqualityComparer<(byte[] Name, byte[] Value)>
    {
        public bool Equals((byte[] Name, byte[] Value) a, (byte[] Name, byte[] Value) b) =>
            a.Name.AsSpan().SequenceEqual(b.Name) && a.Value.AsSpan().SequenceEqual(b.Value);

        public int GetHashCode((byte[] Name, byte[] Value) item)
        {
            var hash = new HashCode();
            hash.AddBytes(item.Name);
            hash.AddBytes(item.Value);
            return hash.ToHashCode();
        }
    }
}
