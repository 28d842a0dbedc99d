namespace Skiff.Interop.Events;

/// <summary>EPOLL* of epoll_ctl(2).</summary>
[Flags]
public enum EpollEvents : uint
{
    /// <summary>Nothing but errors and hang-ups, which are always reported.</summary>
    None = 0,

    /// <summary>There is something to read, or a connection to accept.</summary>
    EPOLLIN = 1,

    /// <summary>Urgent data, or a cgroup or mountinfo file changed.</summary>
    EPOLLPRI = 2,

    /// <summary>Writing does not block.</summary>
    EPOLLOUT = 4,

    /// <summary>Error, or the reading end of a pipe is closed.</summary>
    EPOLLERR = 8,

    /// <summary>The other end is closed.</summary>
    EPOLLHUP = 0x10,

    /// <summary>The peer closed its writing half.</summary>
    EPOLLRDHUP = 0x2000,

    /// <summary>Report once, then stay silent until modified.</summary>
    EPOLLONESHOT = 0x40000000,

    /// <summary>Report changes only.</summary>
    EPOLLET = 0x80000000,
}
