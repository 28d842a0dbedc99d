using System.Runtime.InteropServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop.Events;

/// <summary>epoll(7), level-triggered.</summary>
public sealed unsafe partial class Epoll : IDisposable
{
    private const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3;

    /// <summary>epoll_create1(EPOLL_CLOEXEC).</summary>
    public Epoll()
    {
        int fd = epoll_create1((int)OpenFlags.O_CLOEXEC);
        Fd = fd == -1 ? throw new LinuxException(Native.LastErrno, "epoll_create1") : new Fd(fd);
    }

    /// <summary>The descriptor, readable when an event waits.</summary>
    public Fd Fd { get; }

    /// <summary>
    /// Watches <paramref name="fd"/>; <paramref name="data"/> comes back with its events. The watch belongs to the open
    /// file description: remove it before closing a descriptor that was duplicated. Regular files give EPERM.
    /// </summary>
    public void Add(Fd fd, EpollEvents events, ulong data) => Control(EPOLL_CTL_ADD, fd, events, data);

    /// <summary>Changes what a watched descriptor is watched for.</summary>
    public void Modify(Fd fd, EpollEvents events, ulong data) => Control(EPOLL_CTL_MOD, fd, events, data);

    /// <summary>Stops watching.</summary>
    public void Remove(Fd fd) => Control(EPOLL_CTL_DEL, fd, EpollEvents.None, 0);

    /// <summary>
    /// epoll_wait(2): fills <paramref name="events"/> and returns how many; 0 after <paramref name="timeoutMs"/>
    /// (-1: no limit, 0: at once). Allocates nothing.
    /// </summary>
    public int Wait(Span<EpollEvent> events, int timeoutMs)
    {
        long end = timeoutMs > 0 ? Environment.TickCount64 + timeoutMs : 0;
        fixed (EpollEvent* first = events) // SAFETY: pinned for the call, length from the span.
        {
            while (true)
            {
                int r = epoll_wait(Fd.Number, first, events.Length, timeoutMs);
                if (r >= 0) return r;
                if (Native.LastErrno != Errno.EINTR) throw new LinuxException(Native.LastErrno, "epoll_wait");
                if (timeoutMs > 0) timeoutMs = (int)Math.Max(0, end - Environment.TickCount64);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    private void Control(int operation, Fd fd, EpollEvents events, ulong data)
    {
        EpollEvent e = new() { Events = events, Data = data };
        if (epoll_ctl(Fd.Number, operation, fd.Number, &e) == -1) // SAFETY: one struct on the stack.
            throw new LinuxException(Native.LastErrno, "epoll_ctl", fd.ToString());
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(int epfd, int operation, int fd, EpollEvent* e);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(int epfd, EpollEvent* events, int count, int timeoutMs);
}
