namespace Skiff.Interop.Libc;

#pragma warning disable CS8981, IDE1006 // The names are the C library's.
/// <summary>struct iovec, sys/uio.h.</summary>
internal unsafe struct iovec
{
    internal void* iov_base;
    internal nint iov_len;
}

/// <summary>struct msghdr, sys/socket.h, 64-bit layout.</summary>
internal unsafe struct msghdr
{
    internal void* msg_name;
    internal int msg_namelen;
    internal iovec* msg_iov;
    internal nint msg_iovlen;
    internal void* msg_control;
    internal nint msg_controllen;
    internal int msg_flags;
}
