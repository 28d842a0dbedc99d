using System.Runtime.InteropServices;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;
using static Skiff.Interop.Processes.ProcessConstants;

namespace Skiff.Interop.Processes;

/// <summary>
/// A process by descriptor (pidfd_open(2), Linux 5.3; waiting needs 5.4). It becomes readable when the process ends.
/// Waiting is for the parent only; signals go to exactly this process, never to a later one with the same id.
/// </summary>
public sealed unsafe class PidFd : IDisposable
{
    /// <summary>Takes ownership of a pidfd.</summary>
    public PidFd(Fd fd) => Fd = fd;

    /// <summary>The descriptor, for epoll, setns and SCM_RIGHTS.</summary>
    public Fd Fd { get; }

    /// <summary>pidfd_open(2); ESRCH when there is no such process.</summary>
    public static PidFd Open(int pid)
    {
        Errno errno = TryOpen(pid, out PidFd? process);
        return errno == Errno.None ? process! : throw new LinuxException(errno, "pidfd_open", $"{pid}");
    }

    /// <summary>As <see cref="Open(int)"/>, with the errno as result.</summary>
    public static Errno TryOpen(int pid, out PidFd? process)
    {
        nint r = Native.syscall(SyscallNumbers.pidfd_open, pid, 0);
        process = r == -1 ? null : new PidFd(new Fd((int)r));
        return r == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>
    /// Opens the process only if it is the one that started at <paramref name="startTime"/>
    /// (<see cref="TryReadStartTime"/>): ESRCH when the id is free or belongs to another process by now.
    /// </summary>
    public static Errno TryOpen(int pid, ulong startTime, out PidFd? process)
    {
        Errno errno = TryOpen(pid, out process);
        if (errno != Errno.None) return errno;
        // Checked after opening: the descriptor pins the process, so what /proc shows now is what it refers to or
        // nothing.
        if (TryReadStartTime(pid, out ulong actual) == Errno.None && actual == startTime) return Errno.None;
        process!.Dispose();
        process = null;
        return Errno.ESRCH;
    }

    /// <summary>
    /// Field 22 of /proc/PID/stat: clock ticks after boot, which with the pid names a process for the length of a boot.
    /// </summary>
    public static Errno TryReadStartTime(int pid, out ulong startTime) => TryReadStat(pid, out _, out startTime);

    /// <summary>
    /// The start time, and field 3 of /proc/PID/stat: the state of the main thread, Z when it has ended and its parent
    /// has not asked how.
    /// </summary>
    public static Errno TryReadStat(int pid, out char state, out ulong startTime)
    {
        (state, startTime) = (default, 0);
        Errno errno = Files.TryOpenAt(Fd.Cwd, $"/proc/{pid}/stat", OpenFlags.O_RDONLY, 0, out Fd? fd);
        if (errno != Errno.None) return errno == Errno.ENOENT ? Errno.ESRCH : errno;
        using (fd)
        {
            Span<byte> buffer = stackalloc byte[1024];
            errno = Files.TryRead(fd!, buffer, out int length);
            if (errno != Errno.None) return errno;
            return TryParseStat(buffer[..length], out state, out startTime) ? Errno.None : Errno.EINVAL;
        }
    }

    /// <summary>
    /// waitid(2): blocks until the child ends, and reaps it. ECHILD when it is no child or was reaped.
    /// </summary>
    public ExitStatus Wait()
    {
        Errno errno = WaitId(WEXITED, out ExitStatus status, out _);
        return errno == Errno.None ? status : throw new LinuxException(errno, "waitid", Fd.ToString());
    }

    /// <summary>Reaps the child if it has ended; false when it still runs.</summary>
    public bool TryWait(out ExitStatus status)
    {
        Errno errno = WaitId(WEXITED | WNOHANG, out status, out bool ended);
        return errno == Errno.None ? ended : throw new LinuxException(errno, "waitid", Fd.ToString());
    }

    /// <summary>As <see cref="TryWait"/>, leaving the child as a zombie for a later wait.</summary>
    public bool TryPeek(out ExitStatus status)
    {
        Errno errno = WaitId(WEXITED | WNOHANG | WNOWAIT, out status, out bool ended);
        return errno == Errno.None ? ended : throw new LinuxException(errno, "waitid", Fd.ToString());
    }

    /// <summary>pidfd_send_signal(2); ESRCH when the process has ended and been reaped.</summary>
    public Errno TrySendSignal(int signal) =>
        Native.syscall(SyscallNumbers.pidfd_send_signal, Fd.Number, signal, 0, 0) == -1 ? Native.LastErrno : Errno.None;

    /// <summary>As <see cref="TrySendSignal"/>, throwing on failure.</summary>
    public void SendSignal(int signal)
    {
        Errno errno = TrySendSignal(signal);
        if (errno != Errno.None)
            throw new LinuxException(errno, $"pidfd_send_signal({Signals.NameOf(signal)})", Fd.ToString());
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    // The name in parentheses may hold spaces and parentheses, so fields are counted from the last one; the state is
    // field 3.
    private static bool TryParseStat(ReadOnlySpan<byte> stat, out char state, out ulong startTime)
    {
        (state, startTime) = (default, 0);
        int at = stat.LastIndexOf((byte)')');
        if (at < 0 || at + 2 >= stat.Length) return false;
        state = (char)stat[at + 2];
        ReadOnlySpan<byte> rest = stat[(at + 1)..];
        for (int field = 2; field < 22; field++)
        {
            int space = rest.IndexOf((byte)' ');
            if (space < 0) return false;
            rest = rest[(space + 1)..];
        }
        return System.Buffers.Text.Utf8Parser.TryParse(rest, out startTime, out _);
    }

    private Errno WaitId(int options, out ExitStatus status, out bool ended)
    {
        siginfo_child info = default;
        nint r;
        // SAFETY: info is 128 bytes on the stack, the size of siginfo_t; the usage pointer is NULL.
        do r = Native.syscall(SyscallNumbers.waitid, P_PIDFD, Fd.Number, (nint)(&info), options, 0);
        while (r == -1 && Native.LastErrno == Errno.EINTR);
        ended = r == 0 && info.si_pid != 0;
        status = info.si_code == CLD_EXITED
            ? new ExitStatus(info.si_status & 0xFF, 0, false)
            : new ExitStatus(0, info.si_status, info.si_code == CLD_DUMPED);
        return r == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>The part of siginfo_t that waitid fills in for a child; the same on x64 and arm64.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    internal struct siginfo_child
    {
        internal int si_signo;
        internal int si_errno;
        internal int si_code;
        internal int padding;
        internal int si_pid;
        internal uint si_uid;
        internal int si_status;
    }
}
