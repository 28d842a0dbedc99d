namespace Skiff.Interop.Libc;

#pragma warning disable CS0649 // The kernel writes these fields.

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

/// <summary>struct mmsghdr, sys/socket.h: one of several messages, and how many bytes of it there were.</summary>
internal struct mmsghdr
{
    internal msghdr msg_hdr;
    internal uint msg_len;
}

/// <summary>struct sockaddr_in, netinet/in.h; port and address are in network byte order.</summary>
internal struct sockaddr_in
{
    internal ushort sin_family;
    internal ushort sin_port;
    internal uint sin_addr;
    internal ulong sin_zero;
}

/// <summary>struct cmsghdr of 64-bit Linux; the data follows it directly.</summary>
internal struct cmsghdr
{
    internal nint cmsg_len;
    internal int cmsg_level;
    internal int cmsg_type;
}

/// <summary>struct sockaddr_un.</summary>
internal unsafe struct sockaddr_un
{
    /// <summary>Bytes of sun_path, its NUL included.</summary>
    internal const int PathBytes = 108;

    internal ushort sun_family;
    internal fixed byte sun_path[PathBytes];
}

/// <summary>struct ucred.</summary>
internal struct ucred
{
    internal int pid;
    internal uint uid;
    internal uint gid;
}

/// <summary>struct sock_filter, linux/filter.h: one instruction.</summary>
internal struct sock_filter
{
    internal ushort code;
    internal byte jt;
    internal byte jf;
    internal uint k;
}

/// <summary>struct sock_fprog, linux/filter.h.</summary>
internal unsafe struct sock_fprog
{
    internal ushort len;
    internal sock_filter* filter;
}
