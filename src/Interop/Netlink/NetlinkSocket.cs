using System.Runtime.InteropServices;
using System.Text;
using Skiff.Interop.Libc;
using Tmds.Linux;

namespace Skiff.Interop.Netlink;

/// <summary>
/// A netlink socket. It belongs to the network namespace it was opened in, wherever its user runs. All requests of a
/// batch go out in one send(2); the kernel works on them in order before that returns, so only the last one asks for
/// an acknowledgement and earlier ones speak up when they fail. One user at a time.
/// </summary>
public sealed unsafe class NetlinkSocket : IDisposable
{
    private const int DumpAttempts = 16;
    private const int ReplyTimeoutSeconds = 10;

    /// <summary>
    /// The upper byte of all our requests' numbers, which notifications repeat: so the engine knows its own doings,
    /// whichever of its processes they are of. Others count from zero, or from the time in seconds, far below it.
    /// </summary>
    internal const int SequenceMark = 0xF5;

    private readonly Fd _fd;
    private uint _sequence = (uint)SequenceMark << 24;
    private int _sendBuffer = 100_000;
    private bool _hasChangedRules;

    /// <summary>Wraps and owns a socket that someone opened, perhaps in another network namespace.</summary>
    public NetlinkSocket(Fd fd)
    {
        _fd = fd;
        // Kernels before 4.12 lack both; the answers are then only less precise.
        SetOption(Rtnetlink.SOL_NETLINK, Rtnetlink.NETLINK_EXT_ACK, 1);
        SetOption(Rtnetlink.SOL_NETLINK, Rtnetlink.NETLINK_CAP_ACK, 1);
        // The kernel answers before send returns; the limit turns a lost answer into an error instead of a hang.
        long* timeout = stackalloc long[2] { ReplyTimeoutSeconds, 0 };
        LibC.setsockopt(_fd.Number, LibC.SOL_SOCKET, LibC.SO_RCVTIMEO, timeout, 16);
    }

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    public static NetlinkSocket Open(NetlinkFamily family)
    {
        int fd = LibC.socket(LibC.AF_NETLINK, LibC.SOCK_RAW | LibC.SOCK_CLOEXEC, (int)family);
        return new NetlinkSocket(new Fd((int)Native.Check(fd, "socket", fd == -1 ? $"AF_NETLINK, {family}" : null)));
    }

    /// <summary>The socket; owned by this object.</summary>
    public Fd Fd => _fd;

    /// <summary>
    /// Sends all requests and throws the first refusal. Requests behind a refused one are still carried out
    /// (rtnetlink).
    /// </summary>
    public void Execute(NetlinkBatch batch)
    {
        if (TryExecute(batch) is { Errno: not Errno.None } error) throw error.ToException();
    }

    /// <summary>As <see cref="Execute"/>, with the first refusal as result.</summary>
    public NetlinkError TryExecute(NetlinkBatch batch)
    {
        int none = 0;
        return TryQuery(batch, static (NetlinkMessage _, ref int _) => { }, ref none);
    }

    /// <summary>
    /// Sends requests that are answered by data (get without dump), shows every answer to <paramref name="visitor"/>.
    /// </summary>
    public NetlinkError TryQuery<TState>(NetlinkBatch batch, NetlinkVisitor<TState> visitor, ref TState state)
    {
        uint first = Send(batch);
        var reply = new Reply(first, AcknowledgedSequence(batch, first), batch.IsTransaction);
        Span<byte> buffer = stackalloc byte[8192];
        while (!reply.Done)
        {
            ReadOnlySpan<byte> datagram = Receive(buffer);
            while (NetlinkMessage.TryRead(ref datagram, out NetlinkMessage message))
                if (!reply.TakeError(message) && reply.Owns(message)) visitor(message, ref state);
        }
        return reply.ToError(batch);
    }

    /// <summary>
    /// Reads a whole table into a list. A table that changed meanwhile (NLM_F_DUMP_INTR) is read again, so the result
    /// is consistent; EINTR after 16 attempts.
    /// </summary>
    public List<T> Dump<T>(NetlinkBatch batch, NetlinkVisitor<List<T>> visitor)
    {
        var rows = new List<T>();
        for (int attempt = 0; attempt < DumpAttempts; attempt++)
        {
            rows.Clear();
            if (TryDump(batch, visitor, ref rows)) return rows;
        }
        (string call, string? target) = batch.Label(0);
        throw new LinuxException(Errno.EINTR, call, target, $"read a table that changed {DumpAttempts} times");
    }

    /// <summary>
    /// Closes it. As long as nf_tables has to free what any transaction has deleted, the kernel lets no netfilter
    /// socket go (nft_rcv_nl_event), which takes an RCU grace period, about 10 ms, where the transaction itself takes
    /// 0.05.
    /// </summary>
    public void Dispose()
    {
        if (_hasChangedRules) LateClose.Close(_fd);
        else _fd.Dispose();
    }

    private bool TryDump<TState>(NetlinkBatch batch, NetlinkVisitor<TState> visitor, ref TState state)
    {
        uint sequence = Send(batch);
        bool consistent = true;
        byte[] buffer = GC.AllocateUninitializedArray<byte>(32768);
        while (true)
        {
            ReadOnlySpan<byte> datagram = Receive(buffer);
            while (NetlinkMessage.TryRead(ref datagram, out NetlinkMessage message))
            {
                if (message.Sequence != sequence) continue;
                if ((message.Flags & NetlinkFlags.NLM_F_DUMP_INTR) != 0) consistent = false;
                if (message.Type is Rtnetlink.NLMSG_DONE or Rtnetlink.NLMSG_ERROR)
                {
                    var reply = new Reply(sequence, sequence, transaction: false);
                    reply.TakeError(message);
                    if (reply.ToError(batch) is { Errno: not Errno.None } error) throw error.ToException();
                    return consistent;
                }
                visitor(message, ref state);
            }
        }
    }

    /// <summary>Numbers the requests, asks for the acknowledgement, sends; returns the first number.</summary>
    private uint Send(NetlinkBatch batch)
    {
        uint first = _sequence + 1;
        Span<byte> bytes = batch.Bytes;
        int acknowledged = batch.Count - (batch.IsTransaction ? 2 : 1);
        for (int offset = 0, i = 0; offset < bytes.Length; i++)
        {
            Span<byte> header = bytes[offset..];
            MemoryMarshal.Write(header[8..], ++_sequence);
            if (i == acknowledged) header[6] |= (byte)NetlinkFlags.NLM_F_ACK;
            offset += (int)((MemoryMarshal.Read<uint>(header) + 3) & ~3u);
        }
        if (bytes.Length > _sendBuffer) GrowSendBuffer(bytes.Length);
        _hasChangedRules |= batch.IsTransaction;
        nint sent;
        fixed (byte* b = bytes) // SAFETY: pinned for the call, length from the span.
        {
            do sent = (nint)LibC.send(_fd.Number, b, bytes.Length, 0);
            while (sent == -1 && Native.LastErrno == Errno.EINTR);
        }
        if (sent == -1) throw new LinuxException(Native.LastErrno, "send", $"netlink, {batch.Label(0).Call}");
        return first;
    }

    private static uint AcknowledgedSequence(NetlinkBatch batch, uint first) =>
        first + (uint)batch.Count - (batch.IsTransaction ? 2u : 1u);

    /// <summary>One datagram, in the buffer.</summary>
    private ReadOnlySpan<byte> Receive(Span<byte> buffer)
    {
        nint received;
        fixed (byte* b = buffer) // SAFETY: pinned for the call, length from the span.
        {
            do received = (nint)LibC.recv(_fd.Number, b, buffer.Length, LibC.MSG_TRUNC);
            while (received == -1 && Native.LastErrno == Errno.EINTR);
        }
        if (received == -1) throw new LinuxException(Native.LastErrno, "recv", "netlink");
        if (received > buffer.Length) throw new LinuxException(Errno.EMSGSIZE, "recv", "netlink");
        return buffer[..(int)received];
    }

    /// <summary>
    /// A netlink message must fit the send buffer whole; the privileged form may pass the system's limit.
    /// </summary>
    private void GrowSendBuffer(int size)
    {
        _sendBuffer = size * 2;
        if (SetOption(LibC.SOL_SOCKET, LibC.SO_SNDBUFFORCE, _sendBuffer) == -1)
            Native.Check(SetOption(LibC.SOL_SOCKET, LibC.SO_SNDBUF, _sendBuffer), "setsockopt", "SO_SNDBUF");
    }

    private int SetOption(int level, int option, int value) =>
        LibC.setsockopt(_fd.Number, level, option, &value, sizeof(int));

    /// <summary>
    /// Reads the acknowledgements of one batch: keeps the first refusal, knows when the answer is complete.
    /// </summary>
    private struct Reply(uint first, uint last, bool transaction)
    {
        private int _index = -1;
        private Errno _errno;
        private string? _detail;

        public bool Done { get; private set; }

        public readonly bool Owns(NetlinkMessage message) => message.Sequence - first <= last - first;

        /// <summary>True when the message was an acknowledgement (or a foreign one) rather than data.</summary>
        public bool TakeError(NetlinkMessage message)
        {
            if (message.Type is not (Rtnetlink.NLMSG_ERROR or Rtnetlink.NLMSG_DONE)) return false;
            if (!Owns(message) || message.Payload.Length < 4) return true;
            var errno = (Errno)(-MemoryMarshal.Read<int>(message.Payload));
            int index = (int)(message.Sequence - first);
            if (errno != Errno.None && (_index == -1 || index < _index))
                (_index, _errno, _detail) = (index, errno, Detail(message));
            // A transaction that fails as a whole is answered for its first message only.
            Done |= message.Sequence == last || (transaction && index == 0);
            return true;
        }

        public readonly NetlinkError ToError(NetlinkBatch batch)
        {
            if (_errno == Errno.None) return default;
            (string call, string? target) = batch.Label(_index);
            return new NetlinkError(_index, _errno, call, target, _detail);
        }

        private static string? Detail(NetlinkMessage message)
        {
            if (((int)message.Flags & Rtnetlink.NLM_F_ACK_TLVS) == 0) return null;
            // nlmsgerr is the errno and the refused header; the refused payload follows unless the reply is capped.
            int size = 4 + NetlinkBatch.HeaderSize;
            if (((int)message.Flags & Rtnetlink.NLM_F_CAPPED) == 0)
                size = 4 + (int)MemoryMarshal.Read<uint>(message.Payload[4..]);
            NetlinkAttributes attributes = message.Attributes(size);
            return attributes.TryFind(Rtnetlink.NLMSGERR_ATTR_MSG) ? attributes.String : null;
        }
    }
}
