using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Cgroups;

/// <content>Kill, wait and removal.</content>
public sealed partial class Cgroup
{
    private const int SIGKILL = 9;
    private const short POLLPRI = 2;

    // Nobody is told of a change less than 10 ms after the last one when the cgroup is removed right after it
    // (CGROUP_FILE_NOTIFY_MIN_INTV), nor of what does not change cgroup.events.
    private const int LookMs = 50;

    /// <summary>
    /// Sends SIGKILL to every process of the cgroup and below it. One write on Linux 5.14 and later; before that the
    /// processes are frozen first, so that none can fork away between the listing and the kill. Returns before they are
    /// gone.
    /// </summary>
    public void Kill()
    {
        Errno errno = CgroupFile.TryWrite(Directory, "cgroup.kill", "1");
        if (errno == Errno.ENOENT) KillOneByOne();
        else if (errno is not (Errno.None or Errno.ENODEV))
            throw new LinuxException(errno, "write cgroup", $"{Path}/cgroup.kill");
    }

    /// <summary>
    /// Waits until no process is left, here or below; false when <paramref name="timeoutMs"/> ran out first.
    /// </summary>
    public bool WaitUntilEmpty(int timeoutMs) => WaitForEvent("populated", 0, timeoutMs);

    /// <summary>
    /// Removes the cgroup and those below it, waiting at most <paramref name="timeoutMs"/> for the last process to be
    /// gone. A cgroup that is already gone is fine. The result is EBUSY when a process is still there.
    /// </summary>
    public Errno TryRemove(int timeoutMs)
    {
        long deadline = Environment.TickCount64 + timeoutMs;
        // The common case is an empty leaf, which one rmdir takes away.
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, Path, directoryEntry: true);
        // An empty cgroup is only busy again when someone puts a process or a cgroup into it meanwhile.
        for (int attempt = 0; errno == Errno.EBUSY && attempt < 10; attempt++)
        {
            RemoveBelow(Path);
            if (!WaitUntilEmpty((int)Math.Max(0, deadline - Environment.TickCount64))) break;
            RemoveBelow(Path);
            errno = Files.TryUnlinkAt(Fd.Cwd, Path, directoryEntry: true);
        }
        return errno == Errno.ENOENT ? Errno.None : errno;
    }

    private static void RemoveBelow(string path)
    {
        foreach (string child in System.IO.Directory.GetDirectories(path))
        {
            RemoveBelow(child);
            // EBUSY here shows again, with the caller's deadline, in the rmdir of the parent.
            Files.TryUnlinkAt(Fd.Cwd, child, directoryEntry: true);
        }
    }

    /// <summary>How <see cref="Kill"/> works before Linux 5.14.</summary>
    internal void KillOneByOne()
    {
        // Rounds end when a listing is empty; a bounded number, since a frozen tree cannot grow.
        Freeze(timeoutMs: 500);
        for (int round = 0; round < 10 && KillListed(Path) > 0; round++) WaitUntilEmpty(timeoutMs: 10);
        TryWriteFreeze(Thawed);
    }

    private static int KillListed(string path)
    {
        int killed = 0;
        foreach (string child in System.IO.Directory.GetDirectories(path)) killed += KillListed(child);
        using Cgroup? cgroup = TryOpen(path);
        if (cgroup is null) return killed;
        foreach (int pid in cgroup.Processes)
            if (pid > 0 && Native.syscall(SyscallNumbers.kill, pid, SIGKILL) == 0) killed++;
        return killed;
    }

    // Somebody else may remove the cgroup while it is open here: then it has no files any more (ENOENT), or they tell
    // nothing any more (ENODEV).
    private bool IsSet(string key)
    {
        Errno errno = CgroupFile.TryReadText(Directory, "cgroup.events", out string text);
        if (errno is Errno.ENOENT or Errno.ENODEV) return false;
        return errno == Errno.None ? FlatKeyed.Find(text, key) == 1
            : throw new LinuxException(errno, "read cgroup", $"{Path}/cgroup.events");
    }

    // Whether others have ended the wait is asked now and then.
    private bool WaitForEvent(string key, long value, int timeoutMs, Func<bool>? isOver = null)
    {
        Errno opened = Files.TryOpenAt(Directory, "cgroup.events", OpenFlags.O_RDONLY, 0, out Fd? events);
        // A removed cgroup has no process, frozen or not.
        if (opened is Errno.ENOENT or Errno.ENODEV) return value == 0;
        if (opened != Errno.None) throw new LinuxException(opened, "open cgroup", $"{Path}/cgroup.events");
        long deadline = Environment.TickCount64 + timeoutMs;
        using (events)
            while (true)
            {
                if (!TryReadEvent(events!, key, out long? current)) return value == 0;
                if (current == value || isOver?.Invoke() == true) return true;
                long left = deadline - Environment.TickCount64;
                if (left <= 0) return false;
                PollPriority(events!, Math.Min(left, LookMs));
            }
    }

    // False when the cgroup is removed.
    private static bool TryReadEvent(Fd events, string key, out long? value)
    {
        value = null;
        Span<byte> bytes = stackalloc byte[256];
        int count;
        try
        {
            count = Files.PRead(events, bytes, 0);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENODEV)
        {
            return false;
        }
        Span<char> text = stackalloc char[256];
        System.Text.Encoding.ASCII.GetChars(bytes[..count], text);
        value = FlatKeyed.Find(text[..count], key);
        return true;
    }

    private static unsafe void PollPriority(Fd events, long timeoutMs)
    {
        // struct pollfd { int fd; short events; short revents; } and struct timespec of two 64-bit words.
        long pollfd = (long)(uint)events.Number | ((long)POLLPRI << 32);
        long* timespec = stackalloc long[2] { timeoutMs / 1000, timeoutMs % 1000 * 1_000_000 };
        // SAFETY: both live on this stack frame for the whole call; one pollfd, no signal mask.
        nint r = Native.syscall(SyscallNumbers.ppoll, (nint)(&pollfd), 1, (nint)timespec, 0, 0);
        if (r == -1 && Native.LastErrno != Errno.EINTR)
            throw new LinuxException(Native.LastErrno, "ppoll", events.ToString());
    }
}
