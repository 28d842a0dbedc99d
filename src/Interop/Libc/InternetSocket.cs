using System.Net;
using System.Net.Sockets;
using Skiff.Interop.Libc;
using Tmds.Linux;

namespace Skiff.Interop;

/// <summary>TCP and UDP sockets as plain descriptors (tcp(7), udp(7)).</summary>
public static unsafe partial class InternetSocket
{
    private const int SO_SNDTIMEO = 21;

    /// <summary>
    /// socket(2) and connect(2), close-on-exec. EINPROGRESS: nobody answered in <paramref name="timeoutMs"/>, which
    /// also limits every later write (EAGAIN then).
    /// </summary>
    public static Errno TryConnect(IPAddress address, ushort port, bool isTcp, int timeoutMs, out Fd? socket)
    {
        socket = null;
        bool v6 = address.AddressFamily == AddressFamily.InterNetworkV6;
        int type = (isTcp ? LibC.SOCK_STREAM : LibC.SOCK_DGRAM) | LibC.SOCK_CLOEXEC;
        int number = LibC.socket(v6 ? LibC.AF_INET6 : LibC.AF_INET, type, 0);
        if (number == -1) return Native.LastErrno;
        var fd = new Fd(number);
        long* timeout = stackalloc long[2] { timeoutMs / 1000, timeoutMs % 1000 * 1000L }; // struct timeval
        byte* name = stackalloc byte[PortProbe.NameBytes];
        int length = PortProbe.WriteName(new Span<byte>(name, PortProbe.NameBytes), address, port);
        // SAFETY: both live on this frame, and their lengths are given.
        bool isConnected = Native.setsockopt(number, LibC.SOL_SOCKET, SO_SNDTIMEO, timeout, 2 * sizeof(long)) != -1
            && LibC.connect(number, (sockaddr*)name, length) != -1;
        Errno errno = isConnected ? Errno.None : Native.LastErrno;
        if (isConnected) socket = fd;
        else fd.Dispose();
        return errno;
    }
}
