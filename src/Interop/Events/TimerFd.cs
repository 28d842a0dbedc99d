using System.Runtime.InteropServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop.Events;

/// <summary>
/// A timerfd (timerfd_create(2)) on the monotonic clock, in milliseconds. Setting and reading allocate nothing.
/// </summary>
public sealed unsafe partial class TimerFd : IDisposable
{
    private const int CLOCK_MONOTONIC = 1;
    private const int TFD_CLOEXEC_NONBLOCK = 0x80800;

    /// <summary>Creates a disarmed timer.</summary>
    public TimerFd() =>
        Fd = new Fd((int)Native.Check(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC_NONBLOCK), "timerfd_create"));

    /// <summary>The descriptor, readable once the timer expired.</summary>
    public Fd Fd { get; }

    /// <summary>Expires once after <paramref name="delayMs"/>; 0 is as soon as possible.</summary>
    public void SetOnce(long delayMs) => Set(delayMs, 0);

    /// <summary>Expires after <paramref name="delayMs"/> and then every <paramref name="intervalMs"/>.</summary>
    public void SetInterval(long delayMs, long intervalMs) => Set(delayMs, intervalMs);

    /// <summary>Stops it; an expiration that was not read is forgotten.</summary>
    public void Disarm() => Apply(default);

    /// <summary>How often it expired since the last call; 0 when it did not.</summary>
    public ulong TakeExpirations()
    {
        ulong count = 0;
        Errno errno = Files.TryRead(Fd, MemoryMarshal.AsBytes(new Span<ulong>(ref count)), out _);
        if (errno == Errno.EAGAIN) return 0;
        return errno == Errno.None ? count : throw new LinuxException(errno, "read timerfd", Fd.ToString());
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    private void Set(long delayMs, long intervalMs)
    {
        var times = new itimerspec { it_value = Time(delayMs), it_interval = Time(intervalMs) };
        // An all-zero value would disarm instead of expiring at once.
        if (delayMs <= 0) times.it_value = new timespec { tv_nsec = 1 };
        Apply(times);
    }

    private void Apply(itimerspec times)
    {
        if (timerfd_settime(Fd.Number, 0, &times, null) == -1) // SAFETY: times is a copy on this frame.
            throw new LinuxException(Native.LastErrno, "timerfd_settime", Fd.ToString());
    }

    private static timespec Time(long ms) => new() { tv_sec = ms / 1000, tv_nsec = ms % 1000 * 1_000_000 };

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_create(int clock, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int timerfd_settime(int fd, int flags, itimerspec* value, itimerspec* old);
}
