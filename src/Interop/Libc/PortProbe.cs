using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Skiff.Interop.Libc;
using Tmds.Linux;

namespace Skiff.Interop;

/// <summary>Asks the kernel whether a port is free, by binding it for a moment.</summary>
public static unsafe class PortProbe
{
    private const int IPPROTO_TCP = 6;
    private const int IPPROTO_UDP = 17;
    private const int IP_FREEBIND = 15;
    private const int IPV6_V6ONLY = 26;
    private const int IPV6_FREEBIND = 78;

    /// <summary>Room for an address as <see cref="WriteName"/> makes it.</summary>
    internal const int NameBytes = 28;

    /// <summary>
    /// bind(2) of a fresh socket that is closed at once. None when the port is free; EADDRINUSE when a socket listens
    /// there; EPROTONOSUPPORT when the kernel lacks the protocol. The host need not have the address yet (IP_FREEBIND
    /// of ip(7)).
    /// </summary>
    /// <param name="protocol">IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP.</param>
    /// <param name="address">IPv4 or IPv6.</param>
    /// <param name="port">The port; not 0.</param>
    public static Errno TryBind(int protocol, IPAddress address, ushort port)
    {
        bool v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        int type = (protocol == IPPROTO_UDP ? LibC.SOCK_DGRAM : LibC.SOCK_STREAM) | LibC.SOCK_CLOEXEC;
        int number = LibC.socket(v6 ? LibC.AF_INET6 : LibC.AF_INET, type, protocol);
        if (number == -1) return Native.LastErrno;
        using var fd = new Fd(number);
        int one = 1;
        if (v6)
        {
            // A port of IPv4 is another one.
            LibC.setsockopt(number, LibC.IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(int));
            LibC.setsockopt(number, LibC.IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(int));
        }
        else LibC.setsockopt(number, LibC.IPPROTO_IP, IP_FREEBIND, &one, sizeof(int));
        // Connections of an earlier listener that linger in TIME_WAIT must not count.
        if (protocol == IPPROTO_TCP) LibC.setsockopt(number, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, &one, sizeof(int));
        byte* name = stackalloc byte[NameBytes];
        int length = WriteName(new Span<byte>(name, NameBytes), address, port);
        return LibC.bind(number, (sockaddr*)name, length) == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>struct sockaddr_in or sockaddr_in6; returns its length.</summary>
    internal static int WriteName(Span<byte> name, IPAddress address, ushort port)
    {
        name.Clear();
        bool v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        name[0] = (byte)(v6 ? LibC.AF_INET6 : LibC.AF_INET);
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], port);
        address.TryWriteBytes(name[(v6 ? 8 : 4)..], out _);
        return v6 ? 28 : 16;
    }
}
