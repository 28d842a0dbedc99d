using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// Extended attributes that a layer's file keeps. Those of overlayfs itself (<c>trusted.overlay.*</c>,
/// <c>user.overlay.*</c>) are left out: an image could make overlayfs show one file in place of another with them,
/// and no builder puts them into a tar in good faith.
/// </summary>
internal sealed class XattrSet
{
    private readonly (byte[] Name, byte[] Value)[] _items;

    private XattrSet((byte[] Name, byte[] Value)[] items)
    {
        _items = items;
        foreach (var (name, value) in items) Bytes += XattrList.PerAttribute + name.Length + value.Length;
    }

    /// <summary>About the memory that they take.</summary>
    internal int Bytes { get; }

    /// <summary>Names in full, with values.</summary>
    internal ReadOnlySpan<(byte[] Name, byte[] Value)> Items => _items;

    /// <summary>Whether an attribute has this name.</summary>
    internal bool Has(ReadOnlySpan<byte> name)
    {
        foreach (var item in _items)
            if (name.SequenceEqual(item.Name)) return true;
        return false;
    }

    /// <summary>One attribute more than <paramref name="set"/> has.</summary>
    internal static XattrSet With(XattrSet? set, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        new([.. set?._items ?? [], (name.ToArray(), value.ToArray())]);

    /// <summary>Copies what an entry has; null when nothing is left.</summary>
    internal static XattrSet? From(XattrList list)
    {
        if (list.Count == 0) return null;
        var items = new List<(byte[] Name, byte[] Value)>(list.Count);
        for (int i = 0; i < list.Count; i++)
            if (!list.Name(i).StartsWith("trusted.overlay."u8) && !list.Name(i).StartsWith("user.overlay."u8))
                items.Add((list.Name(i).ToArray(), list.Value(i).ToArray()));
        return items.Count == 0 ? null : new XattrSet([.. items]);
    }
}
