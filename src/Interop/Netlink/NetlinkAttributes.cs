using System.Runtime.InteropServices;
using System.Text;

namespace Skiff.Interop.Netlink;

/// <summary>
/// A row of attributes, read by <c>foreach</c>-like calls of <see cref="MoveNext"/>; nested rows are made from <see
/// cref="Value"/>.
/// </summary>
public ref struct NetlinkAttributes
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Reads the attributes in <paramref name="bytes"/>.</summary>
    public NetlinkAttributes(ReadOnlySpan<byte> bytes) => _rest = bytes;

    /// <summary>The current attribute's type without the nested and byte-order bits.</summary>
    public ushort Type { get; private set; }

    /// <summary>The current attribute's value.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The value as a 32-bit number in host order; 0 when it is shorter.</summary>
    public readonly uint UInt32 => Value.Length >= 4 ? MemoryMarshal.Read<uint>(Value) : 0;

    /// <summary>The value as a NUL-terminated string.</summary>
    public readonly string String => Encoding.UTF8.GetString(Value.TrimEnd((byte)0));

    /// <summary>The value as attributes.</summary>
    public readonly NetlinkAttributes Nested => new(Value);

    /// <summary>Goes to the next attribute; false at the end or at one whose length is impossible.</summary>
    public bool MoveNext()
    {
        if (_rest.Length < 4) return false;
        ushort length = MemoryMarshal.Read<ushort>(_rest);
        if (length < 4 || length > _rest.Length) return false;
        Type = (ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & 0x3FFF);
        Value = _rest[4..length];
        _rest = _rest[Math.Min((length + 3) & ~3, _rest.Length)..];
        return true;
    }

    /// <summary>Finds the first attribute of <paramref name="type"/> from here on.</summary>
    public bool TryFind(ushort type)
    {
        while (MoveNext())
            if (Type == type) return true;
        return false;
    }
}
