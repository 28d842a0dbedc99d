using System.Buffers.Binary;
using System.Net;
using Skiff.Interop.Libc;
using Skiff.Interop.Netlink;
using Tmds.Linux;
using iovec = Skiff.Interop.Libc.iovec;
using msghdr = Skiff.Interop.Libc.msghdr;

namespace Skiff.Interop;

/// <summary>
/// Packets of one kind straight from and to a link (packet(7), SOCK_DGRAM): it needs no address there, nor a port for
/// itself. It belongs to the network namespace that it was opened in. Nothing here ever waits.
/// </summary>
public sealed unsafe class PacketSocket : IDisposable
{
    private const int AF_PACKET = 17;
    private const int SO_ATTACH_FILTER = 26;
    private const ushort ETH_P_IP = 0x0800, ETH_P_ARP = 0x0806, ETH_P_IPV6 = 0x86DD;
    private const byte EthernetBytes = 6; // ETH_ALEN

    private const ushort BPF_LD = 0x00, BPF_LDX = 0x01, BPF_JMP = 0x05, BPF_RET = 0x06;
    private const ushort BPF_W = 0x00, BPF_H = 0x08, BPF_B = 0x10, BPF_ABS = 0x20, BPF_IND = 0x40, BPF_MSH = 0xa0;
    private const ushort BPF_JEQ = 0x10, BPF_JSET = 0x40, BPF_K = 0x00;
    private const uint IPPROTO_UDP = 17, IPPROTO_ICMPV6 = 58, NeighbourSolicitation = 135, NeighbourAdvertisement = 136;
    private const uint FragmentOffset = 0x1fff, Whole = 0x40000;

    private readonly int _linkIndex;
    private readonly ushort _protocol;

    private PacketSocket(Fd fd, int linkIndex, ushort protocol) =>
        (Fd, _linkIndex, _protocol) = (fd, linkIndex, protocol);

    /// <summary>The socket, for polling; owned.</summary>
    public Fd Fd { get; }

    /// <summary>
    /// Opens one for IPv4 packets with UDP in the calling thread's network namespace. CAP_NET_RAW; ENODEV when there is
    /// no such link.
    /// </summary>
    /// <param name="linkIndex">The link.</param>
    /// <param name="port">The UDP port that packets have to be for; all others stay with the kernel.</param>
    public static PacketSocket Open(int linkIndex, ushort port) => Open(linkIndex, ETH_P_IP, UdpFor(port));

    /// <summary>
    /// As <see cref="Open(int, ushort)"/>, for what says that somebody has an address, or wants it: ARP packets of its
    /// owner or for it from nobody; of IPv6, advertisements of it and solicitations from nobody (RFC 4861).
    /// </summary>
    /// <param name="linkIndex">The link.</param>
    /// <param name="address">The address.</param>
    public static PacketSocket OpenFor(int linkIndex, IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return bytes.Length == 4 ? Open(linkIndex, ETH_P_ARP, ArpOf(BinaryPrimitives.ReadUInt32BigEndian(bytes)))
            : Open(linkIndex, ETH_P_IPV6, NeighboursOf(bytes));
    }

    private static PacketSocket Open(int linkIndex, ushort protocol, sock_filter[] filter)
    {
        // Of protocol 0 it receives nothing before it has its filter and is bound.
        int type = LibC.SOCK_DGRAM | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK;
        var fd = new Fd((int)Native.Check(LibC.socket(AF_PACKET, type, 0), "socket", "AF_PACKET"));
        try
        {
            Filter(fd, filter);
            sockaddr_ll name = NameOf(linkIndex, protocol, default);
            // SAFETY: the name lives on this frame, and its length is given.
            Native.Check(LibC.bind(fd.Number, (sockaddr*)&name, sizeof(sockaddr_ll)), "bind", $"link {linkIndex}");
            return new PacketSocket(fd, linkIndex, protocol);
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>Sends a packet, which begins with its IP header or is an ARP message, to an Ethernet address. ENETDOWN,
    /// ENODEV.</summary>
    public Errno TrySend(ReadOnlySpan<byte> packet, MacAddress to)
    {
        sockaddr_ll name = NameOf(_linkIndex, _protocol, to);
        fixed (byte* bytes = packet)
        {
            var part = new iovec { iov_base = bytes, iov_len = packet.Length };
            var message = new msghdr
            {
                msg_name = &name, msg_namelen = sizeof(sockaddr_ll), msg_iov = &part, msg_iovlen = 1,
            };
            // SAFETY: all of it lives until the call returns: on this frame, or pinned by it.
            return Native.sendmsg(Fd.Number, &message, 0) == -1 ? Native.LastErrno : Errno.None;
        }
    }

    /// <summary>Takes the next packet. EAGAIN when there is none; one that is too long is cut off.</summary>
    /// <param name="buffer">Gets it, without its Ethernet header.</param>
    /// <param name="count">How many bytes of it.</param>
    /// <param name="from">The Ethernet address that it comes from.</param>
    public Errno TryReceive(Span<byte> buffer, out int count, out MacAddress from)
    {
        sockaddr_ll name = default;
        fixed (byte* bytes = buffer)
        {
            var part = new iovec { iov_base = bytes, iov_len = buffer.Length };
            var message = new msghdr
            {
                msg_name = &name, msg_namelen = sizeof(sockaddr_ll), msg_iov = &part, msg_iovlen = 1,
            };
            // SAFETY: as in TrySend; the kernel writes no more than the lengths that are given.
            count = (int)Native.recvmsg(Fd.Number, &message, 0);
        }
        from = MacAddress.FromBytes(new ReadOnlySpan<byte>(name.sll_addr, EthernetBytes));
        return count == -1 ? Native.LastErrno : Errno.None;
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    private static sockaddr_ll NameOf(int linkIndex, ushort protocol, MacAddress mac)
    {
        var name = new sockaddr_ll
        {
            sll_family = AF_PACKET, sll_ifindex = linkIndex, sll_halen = EthernetBytes,
            sll_protocol = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(protocol) : protocol,
        };
        mac.CopyTo(new Span<byte>(name.sll_addr, EthernetBytes));
        return name;
    }

    // UDP, no later fragment, and the destination's port behind a header of whatever length.
    private static sock_filter[] UdpFor(ushort port) =>
    [
        Load(BPF_B, 9), Unless(IPPROTO_UDP, 6),
        Load(BPF_H, 6), new() { code = BPF_JMP | BPF_JSET | BPF_K, k = FragmentOffset, jt = 4 },
        new() { code = BPF_LDX | BPF_B | BPF_MSH, k = 0 },
        new() { code = BPF_LD | BPF_H | BPF_IND, k = 2 }, Unless(port, 1),
        .. s_ends,
    ];

    // RFC 826: the sender's address, and where there is none, the one that it asks for.
    private static sock_filter[] ArpOf(uint address) =>
    [
        Load(BPF_W, 14), new() { code = BPF_JMP | BPF_JEQ | BPF_K, k = address, jt = 3 }, Unless(0, 3),
        Load(BPF_W, 24), Unless(address, 1),
        .. s_ends,
    ];

    // The target is the address; a solicitation counts when its source begins as the unspecified address does.
    private static sock_filter[] NeighboursOf(ReadOnlySpan<byte> address) =>
    [
        Load(BPF_B, 6), Unless(IPPROTO_ICMPV6, 14),
        Load(BPF_W, 48), Unless(BinaryPrimitives.ReadUInt32BigEndian(address), 12),
        Load(BPF_W, 52), Unless(BinaryPrimitives.ReadUInt32BigEndian(address[4..]), 10),
        Load(BPF_W, 56), Unless(BinaryPrimitives.ReadUInt32BigEndian(address[8..]), 8),
        Load(BPF_W, 60), Unless(BinaryPrimitives.ReadUInt32BigEndian(address[12..]), 6),
        Load(BPF_B, 40), new() { code = BPF_JMP | BPF_JEQ | BPF_K, k = NeighbourAdvertisement, jt = 3 },
        Unless(NeighbourSolicitation, 3),
        Load(BPF_W, 8), Unless(0, 1),
        .. s_ends,
    ];

    // The packet, or nothing of it.
    private static readonly sock_filter[] s_ends =
        [new() { code = BPF_RET | BPF_K, k = Whole }, new() { code = BPF_RET | BPF_K, k = 0 }];

    private static sock_filter Load(ushort size, uint offset) =>
        new() { code = (ushort)(BPF_LD | size | BPF_ABS), k = offset };

    // Over so many instructions when it is another value.
    private static sock_filter Unless(uint value, byte over) =>
        new() { code = BPF_JMP | BPF_JEQ | BPF_K, k = value, jf = over };

    private static void Filter(Fd fd, sock_filter[] program)
    {
        fixed (sock_filter* instructions = program)
        {
            var all = new sock_fprog { len = (ushort)program.Length, filter = instructions };
            // SAFETY: the kernel copies the program before the call returns.
            Native.Check(Native.setsockopt(fd.Number, LibC.SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof(sock_fprog)),
                "setsockopt", "SO_ATTACH_FILTER");
        }
    }
}
