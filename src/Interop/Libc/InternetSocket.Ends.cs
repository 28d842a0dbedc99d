using Skiff.Interop.Libc;
using Tmds.Linux;

namespace Skiff.Interop;

/// <summary>How TCP connections begin and end.</summary>
public static unsafe partial class InternetSocket
{
    private const int SHUT_WR = 1;
    private const int TCP_NODELAY = 1;
    private const int SO_LINGER = 13;
    private const int SO_ERROR = 4;

    /// <summary>How a connection that was being made has turned out (SO_ERROR), once its socket is writable.</summary>
    public static Errno ErrorOf(Fd socket)
    {
        int error = 0, length = sizeof(int);
        // SAFETY: both are ints on this frame.
        return Native.getsockopt(socket.Number, LibC.SOL_SOCKET, SO_ERROR, &error, &length) == -1
            ? Native.LastErrno : (Errno)error;
    }

    /// <summary>Sends small pieces at once (TCP_NODELAY).</summary>
    public static void SendAtOnce(Fd socket)
    {
        int one = 1;
        // SAFETY: an int on this frame.
        Native.setsockopt(socket.Number, LibC.IPPROTO_TCP, TCP_NODELAY, &one, sizeof(int));
    }

    /// <summary>shutdown(2) of the sending half; fine when the connection is gone.</summary>
    public static void FinishSending(Fd socket) => Native.shutdown(socket.Number, SHUT_WR);

    /// <summary>Closes a connection so that its other side learns that it was cut off (SO_LINGER of 0: RST).</summary>
    public static void Abort(Fd socket)
    {
        // SAFETY: struct linger on this frame: on, 0 seconds.
        int* linger = stackalloc int[2] { 1, 0 };
        Native.setsockopt(socket.Number, LibC.SOL_SOCKET, SO_LINGER, linger, 2 * sizeof(int));
        socket.Dispose();
    }
}
