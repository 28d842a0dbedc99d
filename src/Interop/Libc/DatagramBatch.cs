using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop;

/// <summary>
/// Several IPv4 datagrams with one call: recvmmsg(2) and sendmmsg(2) on non-blocking sockets. Allocates nothing once it
/// is made, and of its memory touches only what is used. Not thread-safe.
/// </summary>
public sealed unsafe class DatagramBatch
{
    private const int IpHeaderBytes = 20, UdpHeaderBytes = 8, HeaderBytes = IpHeaderBytes + UdpHeaderBytes;
    private const int AF_INET = 2, IPPROTO_UDP = 17, MSG_TRUNC = 0x20, MSG_NOSIGNAL = 0x4000;
    private const byte VersionAndLength = 0x45, TimeToLive = 64;

    private readonly int _count, _bytes;
    private readonly DatagramPeer? _source;
    private readonly byte[] _received, _replies;
    private readonly mmsghdr[] _headers;
    private readonly iovec[] _vectors;
    private readonly sockaddr_in[] _names;
    private int _queued;

    /// <summary>Makes the memory for <paramref name="count"/> messages in each direction.</summary>
    /// <param name="count">Messages a call.</param>
    /// <param name="bytes">The longest message; longer ones arrive cut off (<see cref="Message"/>).</param>
    /// <param name="source">
    /// When given, replies go through a raw socket (<see cref="InternetSocket.TryOpenRaw"/>) and seem to come from
    /// there, whoever is bound to it.
    /// </param>
    public DatagramBatch(int count, int bytes, DatagramPeer? source = null)
    {
        (_count, _bytes, _source) = (count, bytes, source);
        _received = GC.AllocateUninitializedArray<byte>(count * bytes, pinned: true);
        _replies = GC.AllocateUninitializedArray<byte>(count * (bytes + HeaderBytes), pinned: true);
        // The first half is for what comes, the second for what goes: a reply may be queued while messages wait.
        _headers = GC.AllocateArray<mmsghdr>(2 * count, pinned: true);
        _vectors = GC.AllocateArray<iovec>(2 * count, pinned: true);
        _names = GC.AllocateArray<sockaddr_in>(2 * count, pinned: true);
        for (int i = 0; i < 2 * count; i++) Prepare(i);
    }

    /// <summary>Whether <see cref="Flush"/> has to be called before another reply.</summary>
    public bool IsFull => _queued == _count;

    /// <summary>Room for the next reply, valid until <see cref="Queue"/>.</summary>
    public Span<byte> ReplySpace => _replies.AsSpan(_queued * (_bytes + HeaderBytes) + HeaderBytes, _bytes);

    /// <summary>Receives what is there; EAGAIN when that is nothing. Replies that are queued stay so.</summary>
    public Errno TryReceive(Fd socket, out int count)
    {
        for (int i = 0; i < _count; i++)
        {
            _vectors[i].iov_len = _bytes;
            _headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
        }
        int r;
        // SAFETY: the arrays are pinned for their life, and each header points to its own slots and their lengths.
        do r = Native.recvmmsg(socket.Number, Pointer(_headers), (uint)_count, 0, null);
        while (r == -1 && Native.LastErrno == Errno.EINTR);
        count = Math.Max(r, 0);
        return r == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>
    /// A received message, valid until the next receive; empty when it was longer than there is room.
    /// </summary>
    public ReadOnlySpan<byte> Message(int index) =>
        (_headers[index].msg_hdr.msg_flags & MSG_TRUNC) != 0 ? default
            : _received.AsSpan(index * _bytes, (int)_headers[index].msg_len);

    /// <summary>Who sent it.</summary>
    public DatagramPeer Peer(int index) => new(_names[index].sin_addr, _names[index].sin_port);

    /// <summary>Queues the first <paramref name="length"/> bytes of <see cref="ReplySpace"/>.</summary>
    public void Queue(in DatagramPeer to, int length)
    {
        int slot = _queued * (_bytes + HeaderBytes);
        int own = _source is null ? HeaderBytes : 0;
        if (_source is { } from) WriteHeaders(_replies.AsSpan(slot, HeaderBytes), from, to, length);
        int i = _count + _queued++;
        _vectors[i].iov_base = Pointer(_replies) + slot + own;
        _vectors[i].iov_len = length + HeaderBytes - own;
        _names[i].sin_family = AF_INET;
        (_names[i].sin_addr, _names[i].sin_port) = (to.Address, _source is null ? to.Port : (ushort)0);
    }

    /// <summary>
    /// Sends what is queued. Datagrams may get lost, and so are those that the socket refuses or has no room for.
    /// </summary>
    public void Flush(Fd socket)
    {
        int sent = 0;
        while (sent < _queued)
        {
            // SAFETY: as in TryReceive.
            int r = Native.sendmmsg(
                socket.Number, Pointer(_headers) + _count + sent, (uint)(_queued - sent), MSG_NOSIGNAL);
            if (r == -1 && Native.LastErrno == Errno.EAGAIN) break;
            if (r == -1 && Native.LastErrno == Errno.EINTR) continue;
            sent += Math.Max(r, 1);
        }
        _queued = 0;
    }

    /// <summary>Sends one message that is longer than a slot.</summary>
    /// <param name="socket">The one that <see cref="Flush"/> takes.</param>
    /// <param name="to">Whom to.</param>
    /// <param name="message">
    /// With <see cref="LongReplyOffset"/> bytes before the message, which are written over.
    /// </param>
    public void SendLong(Fd socket, in DatagramPeer to, Span<byte> message)
    {
        int length = message.Length - HeaderBytes;
        if (_source is { } from) WriteHeaders(message[..HeaderBytes], from, to, length);
        Span<byte> packet = _source is null ? message[HeaderBytes..] : message;
        var name = new sockaddr_in
        {
            sin_family = AF_INET, sin_addr = to.Address, sin_port = _source is null ? to.Port : (ushort)0,
        };
        fixed (byte* bytes = packet)
        {
            var vector = new iovec { iov_base = bytes, iov_len = packet.Length };
            var header = new msghdr
            {
                msg_name = &name, msg_namelen = sizeof(sockaddr_in), msg_iov = &vector, msg_iovlen = 1,
            };
            // SAFETY: the packet is pinned for the call, everything else lives on this frame.
            Native.sendmsg(socket.Number, &header, MSG_NOSIGNAL);
        }
    }

    /// <summary>What <see cref="SendLong"/> wants before a message.</summary>
    public static int LongReplyOffset => HeaderBytes;

    // The kernel fills in the IP header's checksum and identification. UDP over IPv4 may go without a checksum.
    private static void WriteHeaders(Span<byte> headers, DatagramPeer from, DatagramPeer to, int length)
    {
        headers.Clear();
        headers[0] = VersionAndLength;
        BinaryPrimitives.WriteUInt16BigEndian(headers[2..], (ushort)(HeaderBytes + length));
        headers[8] = TimeToLive;
        headers[9] = IPPROTO_UDP;
        Unsafe.WriteUnaligned(ref headers[12], from.Address);
        Unsafe.WriteUnaligned(ref headers[16], to.Address);
        Unsafe.WriteUnaligned(ref headers[20], from.Port);
        Unsafe.WriteUnaligned(ref headers[22], to.Port);
        BinaryPrimitives.WriteUInt16BigEndian(headers[24..], (ushort)(UdpHeaderBytes + length));
    }

    private void Prepare(int i)
    {
        if (i < _count) _vectors[i].iov_base = Pointer(_received) + i * _bytes;
        _headers[i].msg_hdr.msg_iov = Pointer(_vectors) + i;
        _headers[i].msg_hdr.msg_iovlen = 1;
        _headers[i].msg_hdr.msg_name = Pointer(_names) + i;
        _headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
    }

    // SAFETY: for arrays of this class alone, all of which are pinned.
    private static T* Pointer<T>(T[] array) where T : unmanaged => (T*)Unsafe.AsPointer(ref array[0]);
}
