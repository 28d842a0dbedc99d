using Skiff.Interop.Libc;
using Tmds.Linux;
using pollfd = Skiff.Interop.Libc.pollfd;

namespace Skiff.Interop;

public static unsafe partial class Files
{
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int F_GETFL = 3;
    private const int F_SETFL = 4;
    private const int F_ADD_SEALS = 1033;
    private const int F_OFD_SETLK = 37;
    private const short F_WRLCK = 1;
    private const uint MFD_CLOEXEC = 1;
    private const uint MFD_ALLOW_SEALING = 2;
    private const int EFD_CLOEXEC_NONBLOCK = 0x80800;

    /// <summary>pipe2(2), close-on-exec; blocking unless <paramref name="nonBlocking"/>.</summary>
    public static (Fd Read, Fd Write) Pipe(bool nonBlocking = false)
    {
        int* ends = stackalloc int[2]; // SAFETY: the kernel writes exactly two ints.
        int flags = (int)(OpenFlags.O_CLOEXEC | (nonBlocking ? OpenFlags.O_NONBLOCK : 0));
        if (LibC.pipe2(ends, flags) == -1) throw new LinuxException(Native.LastErrno, "pipe2");
        return (new Fd(ends[0]), new Fd(ends[1]));
    }

    /// <summary>
    /// fcntl(F_DUPFD_CLOEXEC): a second descriptor of the same open file description, not below
    /// <paramref name="lowest"/>.
    /// </summary>
    public static Fd Dup(Fd fd, int lowest = 3)
    {
        int r = LibC.fcntl(fd.Number, F_DUPFD_CLOEXEC, lowest);
        return r == -1 ? throw new LinuxException(Native.LastErrno, "fcntl F_DUPFD_CLOEXEC", fd.ToString()) : new Fd(r);
    }

    /// <summary>
    /// fcntl(F_OFD_SETLK): one byte of a file, which need not have it, for this open file description alone. EAGAIN
    /// when another one has it. Released with the description.
    /// </summary>
    public static Errno TryLockByte(Fd fd, long offset)
    {
        // SAFETY: the kernel reads the structure during the call.
        var range = new flock
        {
            l_type = F_WRLCK, l_start = offset, l_len = 1, // From the beginning: l_whence is SEEK_SET, 0.
        };
        return LibC.fcntl(fd.Number, F_OFD_SETLK, &range) == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>
    /// fcntl(F_SETFL) of O_NONBLOCK. It belongs to the open file description: every process that shares it (stdio
    /// of a shell) sees the change, so put it back.
    /// </summary>
    public static void SetNonBlocking(Fd fd, bool on = true)
    {
        int flags = LibC.fcntl(fd.Number, F_GETFL);
        int wanted = on ? flags | (int)OpenFlags.O_NONBLOCK : flags & ~(int)OpenFlags.O_NONBLOCK;
        if (flags != -1 && (flags == wanted || LibC.fcntl(fd.Number, F_SETFL, wanted) != -1)) return;
        throw new LinuxException(Native.LastErrno, "fcntl O_NONBLOCK", fd.ToString());
    }

    /// <summary>eventfd(2), non-blocking.</summary>
    public static Fd EventFd(uint initial = 0)
    {
        int r = Native.eventfd(initial, EFD_CLOEXEC_NONBLOCK);
        return r == -1 ? throw new LinuxException(Native.LastErrno, "eventfd") : new Fd(r);
    }

    /// <summary>memfd_create(2): an anonymous file in memory that can be sealed.</summary>
    public static Fd MemoryFile(string name)
    {
        using var p = new NativePath(name);
        int r;
        fixed (byte* n = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            r = Native.memfd_create(n, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        return r == -1 ? throw new LinuxException(Native.LastErrno, "memfd_create", name) : new Fd(r);
    }

    /// <summary>fcntl(F_ADD_SEALS): no write, growth, shrinking or further seal from now on.</summary>
    public static void Seal(Fd memoryFile)
    {
        const int Everything = 1 | 2 | 4 | 8; // F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE
        if (LibC.fcntl(memoryFile.Number, F_ADD_SEALS, Everything) == -1)
            throw new LinuxException(Native.LastErrno, "fcntl F_ADD_SEALS", memoryFile.ToString());
    }

    /// <summary>
    /// poll(2) of one descriptor: what became true, or None after <paramref name="timeoutMs"/> (-1: no limit).
    /// </summary>
    public static PollEvents Poll(Fd fd, PollEvents events, int timeoutMs)
    {
        long end = Environment.TickCount64 + timeoutMs;
        var entry = new pollfd { fd = fd.Number, events = (short)events };
        while (true)
        {
            int left = timeoutMs < 0 ? -1 : (int)Math.Max(0, end - Environment.TickCount64);
            int r = Native.poll(&entry, 1, left); // SAFETY: one entry, a local.
            if (r >= 0) return r == 0 ? PollEvents.None : (PollEvents)entry.revents;
            if (Native.LastErrno != Errno.EINTR) throw new LinuxException(Native.LastErrno, "poll", fd.ToString());
        }
    }
}
