using System.Runtime.InteropServices;

namespace Skiff.Interop.Events;

/// <summary>An eventfd(2): any thread or process that holds it wakes the one that polls it. Never blocks.</summary>
public sealed class EventFd : IDisposable
{
    /// <summary>Creates one with the counter at 0.</summary>
    public EventFd() => Fd = Files.EventFd();

    /// <summary>Takes over an inherited one, which must be non-blocking.</summary>
    public EventFd(Fd fd) => Fd = fd;

    /// <summary>The descriptor, readable while the counter is above 0.</summary>
    public Fd Fd { get; }

    /// <summary>Adds 1 to the counter.</summary>
    public void Signal()
    {
        ulong one = 1;
        Errno errno = Files.TryWrite(Fd, MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in one)), out _);
        // EAGAIN: the counter is full, so the poller is awake anyway.
        if (errno is not (Errno.None or Errno.EAGAIN)) throw new LinuxException(errno, "write eventfd", Fd.ToString());
    }

    /// <summary>Takes the whole counter and sets it to 0.</summary>
    public ulong Take()
    {
        ulong value = 0;
        Errno errno = Files.TryRead(Fd, MemoryMarshal.AsBytes(new Span<ulong>(ref value)), out _);
        if (errno == Errno.EAGAIN) return 0;
        return errno == Errno.None ? value : throw new LinuxException(errno, "read eventfd", Fd.ToString());
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();
}
