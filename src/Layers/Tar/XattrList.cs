using System.Runtime.InteropServices;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Tar;

/// <summary>Extended attributes of one entry, in one reused buffer.</summary>
public sealed class XattrList
{
    /// <summary>What an attribute counts besides its name and value: as much memory as it takes.</summary>
    internal const int PerAttribute = 64;

    private const int MaxNames = 65536; // XATTR_LIST_MAX of linux/limits.h.

    private readonly ByteBuffer _bytes = new();
    private readonly List<(int Name, int NameLength, int Value, int ValueLength)> _items = [];

    private readonly long _maxBytes;
    private int _names;

    internal XattrList(IngestLimits? limits) => _maxBytes = (limits ?? IngestLimits.Default).XattrBytes;

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
        _names = 0;
    }

    /// <summary>Adds an attribute; a later one with the same name replaces the earlier.</summary>
    internal void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        // What was replaced counts too: it still takes memory.
        if (_bytes.Length + name.Length + value.Length + (long)PerAttribute * (_items.Count + 1) > _maxBytes)
            throw IngestLimits.Exceeded("xattr-bytes", _maxBytes,
                $"with \"{TarPath.Show(name)}\" the extended attributes have more than {_maxBytes} bytes");
        int valueOffset = _bytes.Append(value);
        foreach (ref var item in CollectionsMarshal.AsSpan(_items))
        {
            if (item.NameLength != name.Length) continue;
            if (!_bytes.Span.Slice(item.Name, name.Length).SequenceEqual(name)) continue;
            (item.Value, item.ValueLength) = (valueOffset, value.Length);
            return;
        }
        _names += name.Length + 1;
        if (_names > MaxNames)
            throw new ImageException($"extended attributes with names of more than {MaxNames} bytes");
        _items.Add((_bytes.Append(name), name.Length, valueOffset, value.Length));
    }

    internal void SetAll(XattrList other)
    {
        for (int i = 0; i < other.Count; i++) Set(other.Name(i), other.Value(i));
    }
}
