using Skiff.Interop.Libc;

namespace Skiff.Interop;

/// <summary>splice(2): bytes go from a descriptor into a pipe, and on into another, without being copied to us.
/// </summary>
public static unsafe class Splicing
{
    private const uint SPLICE_F_MOVE = 1, SPLICE_F_NONBLOCK = 2;

    /// <summary>
    /// Moves up to <paramref name="bytes"/> bytes; one of the two is a pipe, the other does not block. 0 bytes are the
    /// end of what is read. EAGAIN: nothing to be read, or no room.
    /// </summary>
    public static Errno TryMove(Fd from, Fd to, int bytes, out int count)
    {
        nint moved;
        // SAFETY: without offsets nothing is written to our memory.
        do moved = Native.splice(from.Number, null, to.Number, null, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        while (moved == -1 && Native.LastErrno == Errno.EINTR);
        count = (int)Math.Max(moved, 0);
        return moved == -1 ? Native.LastErrno : Errno.None;
    }
}
