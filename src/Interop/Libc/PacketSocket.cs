using System.Buffers.Binary;
using Skiff.Interop.Libc;
using Skiff.Interop.Netlink;
using Tmds.Linux;
using iovec = Skiff.Interop.Libc.iovec;
using msghdr = Skiff.Interop.Libc.msghdr;

namespace Skiff.Interop;

/// <summary>
/// IPv4 packets with UDP for one port, straight from and to a link (packet(7), SOCK_DGRAM): it needs no address there,
/// nor the port for itself. It belongs to the network namespace that it was opened in. Nothing here ever waits.
/// </summary>
public sealed unsafe class PacketSocket : IDisposable
{
    private const int AF_PACKET = 17;
    private const int SO_ATTACH_FILTER = 26;
    private const ushort ETH_P_IP = 0x0800;
    private const byte EthernetBytes = 6; // ETH_ALEN

    private const ushort BPF_LD = 0x00, BPF_LDX = 0x01, BPF_JMP = 0x05, BPF_RET = 0x06;
    private const ushort BPF_H = 0x08, BPF_B = 0x10, BPF_ABS = 0x20, BPF_IND = 0x40, BPF_MSH = 0xa0;
    private const ushort BPF_JEQ = 0x10, BPF_JSET = 0x40, BPF_K = 0x00;
    private const uint IPPROTO_UDP = 17, FragmentOffset = 0x1fff, Whole = 0x40000;

    private readonly int _linkIndex;

    private PacketSocket(Fd fd, int linkIndex) => (Fd, _linkIndex) = (fd, linkIndex);

    /// <summary>The socket, for polling; owned.</summary>
    public Fd Fd { get; }

    /// <summary>Opens one in the calling thread's network namespace. CAP_NET_RAW; ENODEV when there is no such link.
    /// </summary>
    /// <param name="linkIndex">The link.</param>
    /// <param name="port">The UDP port that packets have to be for; all others stay with the kernel.</param>
    public static PacketSocket Open(int linkIndex, ushort port)
    {
        // Of protocol 0 it receives nothing before it has its filter and is bound.
        int type = LibC.SOCK_DGRAM | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK;
        var fd = new Fd((int)Native.Check(LibC.socket(AF_PACKET, type, 0), "socket", "AF_PACKET"));
        try
        {
            Filter(fd, port);
            sockaddr_ll name = NameOf(linkIndex, default);
            // SAFETY: the name lives on this frame, and its length is given.
            Native.Check(LibC.bind(fd.Number, (sockaddr*)&name, sizeof(sockaddr_ll)), "bind", $"link {linkIndex}");
            return new PacketSocket(fd, linkIndex);
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>Sends a packet, which begins with its IPv4 header, to an Ethernet address. ENETDOWN, ENODEV.</summary>
    public Errno TrySend(ReadOnlySpan<byte> packet, MacAddress to)
    {
        sockaddr_ll name = NameOf(_linkIndex, to);
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
    /// <param name="buffer">Gets it, from its IPv4 header on.</param>
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

    private static sockaddr_ll NameOf(int linkIndex, MacAddress mac)
    {
        var name = new sockaddr_ll
        {
            sll_family = AF_PACKET, sll_ifindex = linkIndex, sll_halen = EthernetBytes,
            sll_protocol = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(ETH_P_IP) : ETH_P_IP,
        };
        mac.CopyTo(new Span<byte>(name.sll_addr, EthernetBytes));
        return name;
    }

    // UDP, no later fragment, and the destination's port behind a header of whatever length.
    private static void Filter(Fd fd, ushort port)
    {
        Span<sock_filter> program =
        [
            new() { code = BPF_LD | BPF_B | BPF_ABS, k = 9 },
            new() { code = BPF_JMP | BPF_JEQ | BPF_K, k = IPPROTO_UDP, jf = 6 },
            new() { code = BPF_LD | BPF_H | BPF_ABS, k = 6 },
            new() { code = BPF_JMP | BPF_JSET | BPF_K, k = FragmentOffset, jt = 4 },
            new() { code = BPF_LDX | BPF_B | BPF_MSH, k = 0 },
            new() { code = BPF_LD | BPF_H | BPF_IND, k = 2 },
            new() { code = BPF_JMP | BPF_JEQ | BPF_K, k = port, jf = 1 },
            new() { code = BPF_RET | BPF_K, k = Whole },
            new() { code = BPF_RET | BPF_K, k = 0 },
        ];
        fixed (sock_filter* instructions = program)
        {
            var all = new sock_fprog { len = (ushort)program.Length, filter = instructions };
            // SAFETY: the kernel copies the program before the call returns.
            Native.Check(Native.setsockopt(fd.Number, LibC.SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof(sock_fprog)),
                "setsockopt", "SO_ATTACH_FILTER");
        }
    }
}
