using System.Runtime.InteropServices;

namespace Skiff.Interop.Netlink;

/// <summary>
/// One received message, a view into the socket's buffer: invalid once the visitor that got it returns.
/// </summary>
public readonly ref struct NetlinkMessage
{
    private readonly ReadOnlySpan<byte> _bytes;

    private NetlinkMessage(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>nlmsg_type: NLMSG_* or the family's own.</summary>
    public ushort Type => MemoryMarshal.Read<ushort>(_bytes[4..]);

    /// <summary>nlmsg_flags.</summary>
    public NetlinkFlags Flags => (NetlinkFlags)MemoryMarshal.Read<ushort>(_bytes[6..]);

    /// <summary>nlmsg_seq: the request that this answers.</summary>
    public uint Sequence => MemoryMarshal.Read<uint>(_bytes[8..]);

    /// <summary>Whether what it tells of was asked for by the engine, in this or another process.</summary>
    public bool IsOwn => Sequence >> 24 == NetlinkSocket.SequenceMark;

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[NetlinkBatch.HeaderSize..];

    /// <summary>The attributes behind a family header of <paramref name="headerSize"/> bytes.</summary>
    public NetlinkAttributes Attributes(int headerSize) =>
        new(Payload[Math.Min((headerSize + 3) & ~3, Payload.Length)..]);

    /// <summary>
    /// Splits the next message off <paramref name="buffer"/>; false at its end or when the rest is no whole message.
    /// </summary>
    public static bool TryRead(ref ReadOnlySpan<byte> buffer, out NetlinkMessage message)
    {
        message = default;
        if (buffer.Length < NetlinkBatch.HeaderSize) return false;
        uint length = MemoryMarshal.Read<uint>(buffer);
        if (length < NetlinkBatch.HeaderSize || length > (uint)buffer.Length) return false;
        message = new NetlinkMessage(buffer[..(int)length]);
        buffer = buffer[Math.Min((int)((length + 3) & ~3u), buffer.Length)..];
        return true;
    }
}
