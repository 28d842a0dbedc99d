using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Skiff.Interop.Libc;
using Tmds.Linux;

namespace Skiff.Interop;

/// <summary>Sockets for event loops: nothing here ever waits.</summary>
public static unsafe partial class InternetSocket
{
    private const int IPPROTO_RAW = 255;
    private const int SOCK_RAW = 3;
    private const int SO_RCVBUFFORCE = 33;
    private const int Backlog = 64;

    /// <summary>
    /// socket(2) and connect(2), non-blocking and close-on-exec, from a port that the kernel picks at random. None also
    /// for a TCP connection that is still being made: it is writable once that is over, and the first write tells how.
    /// Of UDP only answers from that address are received, and an ICMP refusal is the ECONNREFUSED of a later call.
    /// </summary>
    public static Errno TryBegin(IPAddress address, ushort port, bool isTcp, out Fd? socket)
    {
        socket = null;
        Errno errno = TryOpen(address.AddressFamily, isTcp, out Fd? fd);
        if (errno != Errno.None) return errno;
        byte* name = stackalloc byte[PortProbe.NameBytes];
        int length = WriteName(new Span<byte>(name, PortProbe.NameBytes), address, port);
        // SAFETY: the name lives on this frame, and its length is given.
        if (LibC.connect(fd!.Number, (sockaddr*)name, length) == -1 && Native.LastErrno != Errno.EINPROGRESS)
        {
            errno = Native.LastErrno;
            fd.Dispose();
            return errno;
        }
        socket = fd;
        return Errno.None;
    }

    /// <summary>
    /// A bound, non-blocking socket; a TCP one listens. Port 0 is one that the kernel chooses
    /// (<see cref="LocalPort"/>).
    /// </summary>
    public static Errno TryBind(IPAddress address, ushort port, bool isTcp, out Fd? socket)
    {
        socket = null;
        Errno errno = TryOpen(address.AddressFamily, isTcp, out Fd? fd);
        if (errno != Errno.None) return errno;
        byte* name = stackalloc byte[PortProbe.NameBytes];
        int length = WriteName(new Span<byte>(name, PortProbe.NameBytes), address, port);
        int one = 1;
        // SAFETY: both live on this frame. Connections of an earlier listener that linger do not count.
        if (isTcp && port != 0) LibC.setsockopt(fd!.Number, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, &one, sizeof(int));
        if (LibC.bind(fd!.Number, (sockaddr*)name, length) == -1 || isTcp && Native.listen(fd.Number, Backlog) == -1)
        {
            errno = Native.LastErrno;
            fd.Dispose();
            return errno;
        }
        socket = fd;
        return Errno.None;
    }

    /// <summary>A raw IPv4 socket (raw(7)) that only sends, whole packets with their IP header. CAP_NET_RAW.</summary>
    public static Errno TryOpenRaw(out Fd? socket)
    {
        int type = SOCK_RAW | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK;
        int number = LibC.socket(LibC.AF_INET, type, IPPROTO_RAW);
        socket = number == -1 ? null : new Fd(number);
        return number == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>
    /// Lets this many bytes wait to be received, beyond what the host allows everybody (SO_RCVBUFFORCE, CAP_NET_ADMIN);
    /// as many as it allows without that right. The kernel counts some 800 bytes for a small datagram.
    /// </summary>
    public static void SetReceiveBuffer(Fd socket, int bytes)
    {
        // SAFETY: an int on this frame.
        if (Native.setsockopt(socket.Number, LibC.SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(int)) == -1)
            Native.setsockopt(socket.Number, LibC.SOL_SOCKET, LibC.SO_RCVBUF, &bytes, sizeof(int));
    }

    /// <summary>The port that a socket is bound to.</summary>
    public static ushort LocalPort(Fd socket)
    {
        byte* name = stackalloc byte[PortProbe.NameBytes];
        int length = PortProbe.NameBytes; // SAFETY: the kernel writes at most that much, to this frame.
        Native.Check(Native.getsockname(socket.Number, name, &length), "getsockname", socket.ToString());
        return BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(name + 2, 2));
    }

    /// <summary>accept4(2); the connection does not block. EAGAIN when nobody waits.</summary>
    public static Errno TryAccept(Fd listener, out Fd? connection)
    {
        int number;
        do number = Native.accept4(listener.Number, null, null, LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK);
        while (number == -1 && Native.LastErrno is (Errno.EINTR or Errno.ECONNABORTED));
        connection = number == -1 ? null : new Fd(number);
        return number == -1 ? Native.LastErrno : Errno.None;
    }

    private static Errno TryOpen(AddressFamily family, bool isTcp, out Fd? socket)
    {
        int type = (isTcp ? LibC.SOCK_STREAM : LibC.SOCK_DGRAM) | LibC.SOCK_CLOEXEC | LibC.SOCK_NONBLOCK;
        int number = LibC.socket(family == AddressFamily.InterNetworkV6 ? LibC.AF_INET6 : LibC.AF_INET, type, 0);
        socket = number == -1 ? null : new Fd(number);
        return number == -1 ? Native.LastErrno : Errno.None;
    }

    // A link-local address means nothing without its interface.
    private static int WriteName(Span<byte> name, IPAddress address, ushort port)
    {
        int length = PortProbe.WriteName(name, address, port);
        if (address.IsIPv6LinkLocal) BinaryPrimitives.WriteUInt32LittleEndian(name[24..], (uint)address.ScopeId);
        return length;
    }
}
