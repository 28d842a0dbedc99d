using System.Buffers.Binary;
using Skiff.Interop.Libc;
using Tmds.Linux;

namespace Skiff.Interop.Netlink;

/// <summary>
/// A netlink socket that hears of changes in the network namespace it was opened in, non-blocking, to be watched by
/// epoll. What nobody reads in time is lost, and said to be.
/// </summary>
public sealed unsafe class NetlinkListener : IDisposable
{
    // A notification takes several times its own length; a table with thousands of rules that goes has as many.
    private const int ReceiveBufferBytes = 1 << 20;

    private readonly byte[] _buffer = new byte[16 << 10];

    private NetlinkListener(NetlinkFamily family, ReadOnlySpan<int> groups)
    {
        int type = LibC.SOCK_RAW | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK;
        int fd = LibC.socket(LibC.AF_NETLINK, type, (int)family);
        Fd = new Fd((int)Native.Check(fd, "socket", fd == -1 ? $"AF_NETLINK, {family}" : null));
        int size = ReceiveBufferBytes;
        // Refused without CAP_NET_ADMIN of the initial namespace; the usual size only fills up earlier.
        LibC.setsockopt(fd, LibC.SOL_SOCKET, LibC.SO_RCVBUFFORCE, &size, sizeof(int));
        // struct sockaddr_nl: family, padding, an id of the kernel's choice, one bit for each group.
        uint* address = stackalloc uint[3] { (uint)(int)LibC.AF_NETLINK, 0, 0 };
        foreach (int group in groups) address[2] |= 1u << (group - 1);
        // SAFETY: the address is on this frame, with its length.
        Native.Check(LibC.bind(fd, (sockaddr*)address, 12), "bind", $"{family} groups {address[2]:x}");
    }

    /// <summary>Hears of links, addresses, routes, and whether the host forwards; <see cref="RouteNotice"/> reads it.
    /// </summary>
    public static NetlinkListener ForRoutes() => new(NetlinkFamily.NETLINK_ROUTE,
    [
        Rtnetlink.RTNLGRP_LINK, Rtnetlink.RTNLGRP_IPV4_IFADDR, Rtnetlink.RTNLGRP_IPV6_IFADDR,
        Rtnetlink.RTNLGRP_IPV4_ROUTE, Rtnetlink.RTNLGRP_IPV6_ROUTE, Rtnetlink.RTNLGRP_IPV4_NETCONF,
        Rtnetlink.RTNLGRP_IPV6_NETCONF,
    ]);

    /// <summary>Hears of nf_tables; <see cref="NftNotice"/> reads it. EPERM without CAP_NET_ADMIN.</summary>
    public static NetlinkListener ForTables() =>
        new(NetlinkFamily.NETLINK_NETFILTER, [Nftables.NFNLGRP_NFTABLES]);

    /// <summary>
    /// Hears of packets that rules log to a group (<see cref="NftBatch.Log"/>); <see cref="PacketNotice"/> reads it.
    /// EPERM when somebody else has the group, and without CAP_NET_ADMIN.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="bytes">How much of each packet.</param>
    public static NetlinkListener ForPackets(ushort group, int bytes)
    {
        var listener = new NetlinkListener(NetlinkFamily.NETLINK_NETFILTER, []);
        try
        {
            using var batch = new NetlinkBatch();
            BeginConfig(batch, group);
            batch.PutByte(Nftables.NFULA_CFG_CMD, Nftables.NFULNL_CFG_CMD_BIND);
            BeginConfig(batch, group);
            Span<byte> mode = batch.Attribute(Nftables.NFULA_CFG_MODE, 6);
            BinaryPrimitives.WriteInt32BigEndian(mode, bytes);
            mode[4] = Nftables.NFULNL_COPY_PACKET;
            // A group is bound to the socket that asks for it, which goes on to be the listener's.
            new NetlinkSocket(listener.Fd).Execute(batch);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private static void BeginConfig(NetlinkBatch batch, ushort group)
    {
        batch.Begin(Nftables.NFNL_SUBSYS_ULOG << 8 | Nftables.NFULNL_MSG_CONFIG, NetlinkFlags.None, "NFULNL_MSG_CONFIG",
            $"group {group}");
        Span<byte> header = batch.Reserve(4); // struct nfgenmsg
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], group);
    }

    /// <summary>Readable while notifications wait; owned by this object.</summary>
    public Fd Fd { get; }

    /// <summary>
    /// Shows all waiting notifications to <paramref name="visitor"/>; false when some were lost, so that everything
    /// has to be looked at.
    /// </summary>
    public bool Read<TState>(NetlinkVisitor<TState> visitor, ref TState state)
    {
        bool isComplete = true;
        while (true)
        {
            nint received;
            fixed (byte* b = _buffer) // SAFETY: pinned for the call, length of the array.
                received = (nint)LibC.recv(Fd.Number, b, _buffer.Length, LibC.MSG_TRUNC);
            if (received == -1)
            {
                if (Native.LastErrno == Errno.EAGAIN) return isComplete;
                if (Native.LastErrno is not (Errno.EINTR or Errno.ENOBUFS))
                    throw new LinuxException(Native.LastErrno, "recv", "netlink notifications");
                isComplete &= Native.LastErrno == Errno.EINTR;
                continue;
            }
            isComplete &= received <= _buffer.Length;
            ReadOnlySpan<byte> datagram = _buffer.AsSpan(0, (int)Math.Min(received, _buffer.Length));
            while (NetlinkMessage.TryRead(ref datagram, out NetlinkMessage message)) visitor(message, ref state);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();
}
