using System.Runtime.InteropServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop.Events;

/// <summary>An inotify instance (inotify(7)), non-blocking.</summary>
public sealed unsafe partial class Inotify : IDisposable
{
    /// <summary>Room for the largest single event: 16 bytes and a name of 255 with its NUL.</summary>
    public const int SmallestBuffer = 272;

    private const int IN_CLOEXEC_NONBLOCK = 0x80800;

    /// <summary>Creates an instance without watches.</summary>
    public Inotify() => Fd = new Fd((int)Native.Check(inotify_init1(IN_CLOEXEC_NONBLOCK), "inotify_init1"));

    /// <summary>The descriptor, readable while events wait.</summary>
    public Fd Fd { get; }

    /// <summary>Watches a path, or changes its watch; returns the watch that its events carry.</summary>
    public int Add(string path, InotifyMask mask)
    {
        using var p = new NativePath(path);
        int r;
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            r = inotify_add_watch(Fd.Number, name, (uint)mask);
        return (int)Native.Check(r, "inotify_add_watch", path);
    }

    /// <summary>Ends a watch; IN_IGNORED follows. EINVAL when it is gone already, which is fine.</summary>
    public void Remove(int watch)
    {
        if (inotify_rm_watch(Fd.Number, watch) == -1 && Native.LastErrno != Errno.EINVAL)
            throw new LinuxException(Native.LastErrno, "inotify_rm_watch", Fd.ToString());
    }

    /// <summary>
    /// Reads waiting events into <paramref name="buffer"/> (at least <see cref="SmallestBuffer"/> bytes), to be walked
    /// with foreach; false when there are none.
    /// </summary>
    public bool TryRead(Span<byte> buffer, out InotifyEvents events)
    {
        Errno errno = Files.TryRead(Fd, buffer, out int count);
        if (errno is not (Errno.None or Errno.EAGAIN)) throw new LinuxException(errno, "read inotify", Fd.ToString());
        events = new InotifyEvents(buffer[..count]);
        return count > 0;
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_add_watch(int fd, byte* path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_rm_watch(int fd, int watch);
}
