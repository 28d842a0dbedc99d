using System.Runtime.InteropServices;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>Names: a forest of entries in arrays, found by (parent, name) through one open-addressing table.</summary>
internal sealed partial class LayerTree
{
    private struct Entry
    {
        internal int Parent, NameOffset, Inode, FirstChild, NextSibling;
        internal uint Hash;
        internal ushort NameLength, PathLength;
        internal bool Dead, Unlinked;
    }

    private readonly ByteBuffer _names = new(1 << 14);
    private readonly Chunks<Entry> _entries = new();
    private int[] _table = new int[1024]; // Entry index + 1; 0 is free. Dead entries stay and are revived in place.

    /// <summary>Name of an entry; empty for the root.</summary>
    internal ReadOnlySpan<byte> NameOf(int entry) =>
        _names.Span.Slice(_entries[entry].NameOffset, _entries[entry].NameLength);

    /// <summary>The inode that an entry names.</summary>
    internal int InodeOf(int entry) => _entries[entry].Inode;

    /// <summary>The directory that an entry is in; the root is in itself.</summary>
    internal int ParentOf(int entry) => _entries[entry].Parent;

    /// <summary>First child in no particular order, or -1; see <see cref="NextSibling"/>.</summary>
    internal int FirstChild(int entry) => Living(_entries[entry].FirstChild);

    /// <summary>The child after <paramref name="entry"/>, or -1.</summary>
    internal int NextSibling(int entry) => Living(_entries[entry].NextSibling);

    /// <summary>Path from the root without a leading slash; empty for the root.</summary>
    internal void PathOf(int entry, ByteBuffer path)
    {
        path.Clear();
        AppendPath(entry, path);
    }

    private void AppendPath(int entry, ByteBuffer path)
    {
        if (entry == Root) return;
        AppendPath(_entries[entry].Parent, path);
        if (path.Length > 0) path.Append((byte)'/');
        path.Append(NameOf(entry));
    }

    private int Living(int entry)
    {
        while (entry >= 0 && _entries[entry].Dead) entry = _entries[entry].NextSibling;
        return entry;
    }

    /// <summary>The entry called <paramref name="name"/> in a directory, dead ones included, or -1.</summary>
    private int FindSlot(int parent, ReadOnlySpan<byte> name, uint hash)
    {
        for (int i = (int)(hash & (uint)(_table.Length - 1)); _table[i] != 0; i = (i + 1) & (_table.Length - 1))
        {
            ref Entry e = ref _entries[_table[i] - 1];
            if (e.Hash == hash && e.Parent == parent && NameOf(_table[i] - 1).SequenceEqual(name)) return _table[i] - 1;
        }
        return -1;
    }

    /// <summary>The living entry called <paramref name="name"/> in a directory, or -1.</summary>
    internal int Find(int parent, ReadOnlySpan<byte> name)
    {
        int entry = FindSlot(parent, name, HashOf(parent, name));
        return entry >= 0 && !_entries[entry].Dead ? entry : -1;
    }

    /// <summary>Adds a name, or brings back a dead one.</summary>
    private int AddName(int parent, ReadOnlySpan<byte> name, int inode)
    {
        uint hash = HashOf(parent, name);
        int entry = FindSlot(parent, name, hash);
        if (entry >= 0)
        {
            (_entries[entry].Dead, _entries[entry].Inode) = (false, inode);
            if (_entries[entry].Unlinked) Link(entry);
            return entry;
        }
        // Symlinks could lead ever deeper; what no path can name, and recursion could not walk, is refused.
        int pathLength = entry == -1 && EntryCount > 0 ? _entries[parent].PathLength + 1 + name.Length : 0;
        if (pathLength > TarPath.MaxBytes)
            throw new ImageException($"bad entry \"{TarPath.Show(_path.Span)}\" in tar: "
                + $"its path through symlinks has more than {TarPath.MaxBytes} bytes");
        Charge(NameCost + name.Length);
        entry = _entries.Add(new Entry
        {
            Parent = parent, NameOffset = _names.Append(name), NameLength = (ushort)name.Length, Inode = inode,
            Hash = hash, FirstChild = -1, NextSibling = -1, PathLength = (ushort)pathLength,
        });
        if (entry == Root) return entry;
        Link(entry);
        if (EntryCount * 2 > _table.Length) GrowTable();
        else Register(entry);
        return entry;
    }

    private void Link(int entry)
    {
        ref Entry added = ref _entries[entry];
        ref int first = ref _entries[added.Parent].FirstChild;
        (added.NextSibling, first, added.Unlinked) = (first, entry, false);
    }

    private void Register(int entry)
    {
        int i = (int)(_entries[entry].Hash & (uint)(_table.Length - 1));
        while (_table[i] != 0) i = (i + 1) & (_table.Length - 1);
        _table[i] = entry + 1;
    }

    private void GrowTable()
    {
        _table = new int[_table.Length * 2];
        for (int entry = 1; entry < EntryCount; entry++) Register(entry);
    }

    /// <summary>
    /// FNV-1a over eight bytes at a time, seeded per tree so that a hostile tar cannot aim at one slot.
    /// </summary>
    private uint HashOf(int parent, ReadOnlySpan<byte> name)
    {
        const ulong Prime = 0x9E3779B97F4A7C15;
        ulong hash = (_seed ^ (uint)parent) * Prime;
        for (; name.Length >= 8; name = name[8..])
            hash = ulong.RotateLeft(hash ^ MemoryMarshal.Read<ulong>(name), 29) * Prime;
        foreach (byte b in name) hash = (hash ^ b) * Prime;
        hash ^= hash >> 32;
        return (uint)(hash ^ (hash >> 15));
    }
}
