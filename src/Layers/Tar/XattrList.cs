using System.Runtime.InteropServices;

namespace Skiff.Layers.Tar;

/// <summary>Extended attributes of one entry, in one reused buffer.</summary>
public sealed class XattrList
{
    private readonly ByteBuffer _bytes = new();
    private readonly List<(int Name, int NameLength, int Value, int ValueLength)> _items = [];

    /// <summary>How many there are.</summary>
    public int Count => _items.Count;

    /// <summary>
    /// The full name (<c>security.capability</c>) of the attribute at <paramref name="index"/>; valid until the
    /// entry ends.
    /// </summary>
    public ReadOnlySpan<byte> Name(int index) => _bytes.Span.Slice(_items[index].Name, _items[index].NameLength);

    /// <summary>The value of the attribute at <paramref name="index"/>; valid until the entry ends.</summary>
    public ReadOnlySpan<byte> Value(int index) => _bytes.Span.Slice(_items[index].Value, _items[index].ValueLength);

    internal void Clear()
    {
        _bytes.Clear();
        _items.Clear();
    }

    /// <summary>Adds an attribute; a later one with the same name replaces the earlier.</summary>
    internal void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        int valueOffset = _bytes.Append(value);
        foreach (ref var item in CollectionsMarshal.AsSpan(_items))
        {
            if (!_bytes.Span.Slice(item.Name, item.NameLength).SequenceEqual(name)) continue;
            (item.Value, item.ValueLength) = (valueOffset, value.Length);
            return;
        }
        _items.Add((_bytes.Append(name), name.Length, valueOffset, value.Length));
    }

    internal void SetAll(XattrList other)
    {
        for (int i = 0; i < other.Count; i++) Set(other.Name(i), other.Value(i));
    }
}
