using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace Skiff.Interop.Netlink;

/// <summary>
/// One or more netlink requests, sent together by <see cref="NetlinkSocket"/>. Attributes are
/// written in order; <see cref="BeginNest"/> opens a nested one. Not thread-safe; may be cleared and used again.
/// Dispose lets go of the buffer.
/// </summary>
public sealed class NetlinkBatch : IDisposable
{
    internal const int HeaderSize = 16;

    // Not from the shared pool, which would keep it: most who use batches, a container's monitor first, do so once.
    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(1024);
    private int _length;
    private int _message = -1;
    private (string Call, string? Target)[] _labels = new (string, string?)[4];

    /// <summary>The number of requests.</summary>
    public int Count { get; private set; }

    /// <summary>
    /// True for nfnetlink transactions, where the first message frames all others and the last one is never
    /// acknowledged.
    /// </summary>
    internal bool IsTransaction { get; set; }

    /// <summary>All requests, lengths set.</summary>
    internal Span<byte> Bytes
    {
        get
        {
            Close();
            return _buffer.AsSpan(0, _length);
        }
    }

    /// <summary>Starts a request. <paramref name="call"/> and <paramref name="target"/> name it in errors.</summary>
    public void Begin(ushort type, NetlinkFlags flags, string call, string? target = null)
    {
        Close();
        if (Count == _labels.Length) Array.Resize(ref _labels, Count * 2);
        _labels[Count++] = (call, target);
        _message = _length;
        Span<byte> header = Reserve(HeaderSize);
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], (ushort)(flags | NetlinkFlags.NLM_F_REQUEST));
    }

    /// <summary>Zeroed bytes at the end of the current request, padded to 4; valid until the next write.</summary>
    public Span<byte> Reserve(int size)
    {
        int padded = (size + 3) & ~3;
        if (_length + padded > _buffer.Length) Grow(padded);
        Span<byte> bytes = _buffer.AsSpan(_length, padded);
        bytes.Clear();
        _length += padded;
        return bytes[..size];
    }

    /// <summary>
    /// An attribute with <paramref name="size"/> zeroed bytes as its value; valid until the next write.
    /// </summary>
    public Span<byte> Attribute(ushort type, int size)
    {
        Span<byte> bytes = Reserve(4 + size);
        MemoryMarshal.Write(bytes, checked((ushort)(4 + size)));
        MemoryMarshal.Write(bytes[2..], type);
        return bytes[4..];
    }

    /// <summary>An attribute with these bytes.</summary>
    public void Put(ushort type, ReadOnlySpan<byte> value) => value.CopyTo(Attribute(type, value.Length));

    /// <summary>An attribute without a value, where its presence is the meaning.</summary>
    public void PutFlag(ushort type) => Attribute(type, 0);

    /// <summary>A byte.</summary>
    public void PutByte(ushort type, byte value) => Attribute(type, 1)[0] = value;

    /// <summary>A 32-bit value in host order (rtnetlink).</summary>
    public void PutUInt32(ushort type, uint value) => MemoryMarshal.Write(Attribute(type, 4), value);

    /// <summary>A 32-bit value in network order (nfnetlink).</summary>
    public void PutUInt32BigEndian(ushort type, uint value) =>
        BinaryPrimitives.WriteUInt32BigEndian(Attribute(type, 4), value);

    /// <summary>A NUL-terminated UTF-8 string.</summary>
    public void PutString(ushort type, string value) =>
        Encoding.UTF8.GetBytes(value, Attribute(type, Encoding.UTF8.GetByteCount(value) + 1));

    /// <summary>An address as its 4 or 16 bytes.</summary>
    public void PutAddress(ushort type, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        Put(type, bytes[..length]);
    }

    /// <summary>Opens a nested attribute; the result goes to <see cref="EndNest"/>.</summary>
    public int BeginNest(ushort type)
    {
        int position = _length;
        Attribute((ushort)(type | Rtnetlink.NLA_F_NESTED), 0);
        return position;
    }

    /// <summary>Closes a nested attribute.</summary>
    public void EndNest(int position) =>
        MemoryMarshal.Write(_buffer.AsSpan(position), checked((ushort)(_length - position)));

    /// <summary>Forgets all requests, keeps the buffer.</summary>
    public void Clear()
    {
        _length = Count = 0;
        _message = -1;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _buffer = [];
        Clear();
    }

    /// <summary>How errors name request <paramref name="index"/>.</summary>
    internal (string Call, string? Target) Label(int index) => _labels[index];

    /// <summary>Bytes written so far.</summary>
    internal int Length => _length;

    private void Close()
    {
        if (_message >= 0) MemoryMarshal.Write(_buffer.AsSpan(_message), (uint)(_length - _message));
    }

    private void Grow(int size)
    {
        byte[] larger = GC.AllocateUninitializedArray<byte>(Math.Max(_buffer.Length * 2, _length + size));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        _buffer = larger;
    }
}
