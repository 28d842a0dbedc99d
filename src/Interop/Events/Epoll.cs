using System.Runtime.InteropServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop.Events;

/// <summary>epoll(7), level-triggered.</summary>
public sealed unsafe partial class Epoll : IDisposable
{
    private const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3;

    private readonly Fd _fd;

    /// <summary>epoll_create1(EPOLL_CLOEXEC).</summary>
    public Epoll()
    {
        int fd = epoll_create1((int)OpenFlags.O_CLOEXEC);
        _fd = fd == -1 ? throw new LinuxException(Native.LastErrno, "epoll_create1") : new Fd(fd);
    }

    /// <summary>Watches a descriptor.</summary>
    public void Add(Fd fd, EpollEvents events, ulong data) => Control(EPOLL_CTL_ADD, fd, events, data);

    /// <summary>Changes what a watched descriptor is watched for.</summary>
    public void Modify(Fd fd, EpollEvents events, ulong data) => Control(EPOLL_CTL_MOD, fd, events, data);

    /// <summary>Stops watching.</summary>
    public void Remove(Fd fd) => Control(EPOLL_CTL_DEL, fd, EpollEvents.None, 0);

    /// <summary>Waits; returns how many of <paramref name="events"/> are filled, 0 after the time-out. -1 waits forever.</summary>
    public int Wait(Span<EpollEvent> events, int timeoutMs)
    {
        fixed (EpollEvent* e = events) // SAFETY: pinned for the call, length of the span.
        {
            int r;
            do r = epoll_wait(_fd.Number, e, events.Length, timeoutMs);
            while (r == -1 && Native.LastErrno == Errno.EINTR);
            return r == -1 ? throw new LinuxException(Native.LastErrno, "epoll_wait") : r;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private void Control(int operation, Fd fd, EpollEvents events, ulong data)
    {
        EpollEvent e = new() { Events = events, Data = data };
        if (epoll_ctl(_fd.Number, operation, fd.Number, &e) == -1) // SAFETY: one struct on the stack.
            throw new LinuxException(Native.LastErrno, "epoll_ctl", fd.ToString());
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epfd, int operation, int fd, EpollEvent* e);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epfd, EpollEvent* events, int count, int timeoutMs);
}
