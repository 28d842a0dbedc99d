namespace Skiff.Interop.Events;

/// <summary>EPOLL* of epoll_ctl(2).</summary>
[Flags]
public enum EpollEvents : uint
{
    /// <summary>Only hang-up and error, which are always reported.</summary>
    None = 0,

    /// <summary>Readable.</summary>
    EPOLLIN = 1,

    /// <summary>Writable.</summary>
    EPOLLOUT = 4,

    /// <summary>Error; always reported.</summary>
    EPOLLERR = 8,

    /// <summary>Hang-up; always reported.</summary>
    EPOLLHUP = 16,
}
