using Skiff.Interop.Libc;

namespace Skiff.Interop;

public sealed unsafe partial class UnixSocket
{
    /// <summary>SCM_MAX_FD: the most descriptors that one message carries.</summary>
    public const int MaxDescriptors = 253;

    private const int SCM_RIGHTS = 1;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int MSG_CTRUNC = 8;
    private const int MSG_TRUNC = 0x20;

    /// <summary>
    /// Sends a packet (or the first bytes of a stream), with descriptors. The descriptors stay the caller's.
    /// </summary>
    /// <param name="data">The bytes; not empty when there are descriptors.</param>
    /// <param name="descriptors">At most <see cref="MaxDescriptors"/>.</param>
    /// <param name="sent">How many bytes went: all of them on a packet socket.</param>
    /// <returns>
    /// EAGAIN: the socket does not block and the buffer is full. EPIPE or ECONNRESET: the peer is gone. EMSGSIZE:
    /// larger
    /// than the send buffer.
    /// </returns>
    public Errno TrySend(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, out int sent)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaxDescriptors);
        int space = descriptors.IsEmpty ? 0 : Align(sizeof(cmsghdr) + descriptors.Length * sizeof(int));
        byte* control = stackalloc byte[Math.Max(space, 1)];
        fixed (byte* bytes = data)
        {
            // SAFETY: data is pinned and control lives on this frame for the call; lengths come from the spans.
            var vector = new iovec { iov_base = bytes, iov_len = (nint)data.Length };
            var message = new msghdr { msg_iov = &vector, msg_iovlen = 1 };
            if (space > 0)
            {
                message.msg_control = control;
                message.msg_controllen = (nint)space;
                WriteRights(control, space, descriptors);
            }
            nint r;
            do r = Native.sendmsg(Fd.Number, &message, MSG_NOSIGNAL);
            while (r == -1 && Native.LastErrno == Errno.EINTR);
            sent = r == -1 ? 0 : (int)r;
            return r == -1 ? Native.LastErrno : Errno.None;
        }
    }

    /// <summary>As the other form, for packets: what is sent is sent whole.</summary>
    public Errno TrySend(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors = default) =>
        TrySend(data, descriptors, out _);

    /// <summary>
    /// Receives one packet, or some bytes of a stream. <paramref name="count"/> 0 with no error is the end (on a packet
    /// socket also an empty packet: do not send those).
    /// </summary>
    /// <param name="buffer">Where the bytes go. Too small for the packet: EMSGSIZE, and the packet is lost.</param>
    /// <param name="count">Bytes received.</param>
    /// <param name="descriptors">Gets the descriptors, which are then the caller's; null closes them.</param>
    /// <returns>
    /// EAGAIN: the socket does not block and nothing waits. EMFILE: descriptors came and found no place. Never
    /// ECONNRESET: a peer that went away with our data unread has come to its end.
    /// </returns>
    public Errno TryReceive(Span<byte> buffer, out int count, List<Fd>? descriptors = null)
    {
        int space = Align(sizeof(cmsghdr) + MaxDescriptors * sizeof(int));
        byte* control = stackalloc byte[space];
        count = 0;
        fixed (byte* bytes = buffer)
        {
            // SAFETY: buffer is pinned and control lives on this frame for the call; lengths are theirs.
            var vector = new iovec { iov_base = bytes, iov_len = (nint)buffer.Length };
            var message = new msghdr
            {
                msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = (nint)space,
            };
            nint r;
            do r = Native.recvmsg(Fd.Number, &message, MSG_CMSG_CLOEXEC);
            // The reset is told once, and before what the peer had sent until then.
            while (r == -1 && Native.LastErrno is Errno.EINTR or Errno.ECONNRESET);
            if (r == -1) return Native.LastErrno;
            int before = descriptors?.Count ?? 0;
            TakeRights(control, message.msg_controllen, descriptors);
            count = (int)r;
            if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) return Errno.None;
            CloseFrom(descriptors, before);
            return (message.msg_flags & MSG_TRUNC) != 0 ? Errno.EMSGSIZE : Errno.EMFILE;
        }
    }

    // SAFETY: control has room for the header and the descriptors, as its caller computed.
    private static void WriteRights(byte* control, int space, ReadOnlySpan<int> descriptors)
    {
        new Span<byte>(control, space).Clear();
        var header = (cmsghdr*)control;
        header->cmsg_len = (nint)(sizeof(cmsghdr) + descriptors.Length * sizeof(int));
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        descriptors.CopyTo(new Span<int>(header + 1, descriptors.Length));
    }

    // SAFETY: the kernel wrote length bytes of whole control messages, 8-byte aligned.
    private static void TakeRights(byte* control, nint length, List<Fd>? descriptors)
    {
        for (nint at = 0; at + (nint)sizeof(cmsghdr) <= length;)
        {
            var header = (cmsghdr*)(control + at);
            if (header->cmsg_len < (nint)sizeof(cmsghdr)) return;
            if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            {
                int count = ((int)header->cmsg_len - sizeof(cmsghdr)) / sizeof(int);
                foreach (int number in new ReadOnlySpan<int>(header + 1, count))
                    if (descriptors is null) Native.close(number);
                    else descriptors.Add(new Fd(number));
            }
            at += (nint)Align((int)header->cmsg_len);
        }
    }

    private static void CloseFrom(List<Fd>? descriptors, int first)
    {
        if (descriptors is null) return;
        for (int i = first; i < descriptors.Count; i++) descriptors[i].Dispose();
        descriptors.RemoveRange(first, descriptors.Count - first);
    }

    private static int Align(int length) => (length + sizeof(nint) - 1) & ~(sizeof(nint) - 1);
}
