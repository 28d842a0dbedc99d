namespace Skiff.Layers.Tar;

/// <summary>Bytes that grow and are reused: what a parser gathers without allocating per entry.</summary>
internal sealed class ByteBuffer(int capacity = 256)
{
    private byte[] _bytes = new byte[capacity];

    /// <summary>Bytes in use.</summary>
    internal int Length { get; private set; }

    /// <summary>The bytes in use; invalid after the next change.</summary>
    internal ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    /// <summary>Empties the buffer, keeping its memory.</summary>
    internal void Clear() => Length = 0;

    /// <summary>Cuts to <paramref name="length"/> bytes.</summary>
    internal void Truncate(int length) => Length = Math.Min(Length, length);

    /// <summary>Adds at the end and returns the offset of the first byte added.</summary>
    internal int Append(ReadOnlySpan<byte> bytes)
    {
        int offset = Length;
        bytes.CopyTo(Extend(bytes.Length));
        return offset;
    }

    /// <summary>Adds one byte.</summary>
    internal void Append(byte value) => Extend(1)[0] = value;

    /// <summary>Replaces the content.</summary>
    internal void Set(ReadOnlySpan<byte> bytes)
    {
        Clear();
        Append(bytes);
    }

    /// <summary>Makes room for <paramref name="count"/> more bytes, which the caller fills.</summary>
    internal Span<byte> Extend(int count)
    {
        int needed = checked(Length + count);
        if (needed > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(needed, (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        Span<byte> room = _bytes.AsSpan(Length, count);
        Length = needed;
        return room;
    }
}
