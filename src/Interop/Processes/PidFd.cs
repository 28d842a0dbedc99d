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
    private const int StatBytes = 1024;

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
        Span<byte> buffer = stackalloc byte[StatBytes];
        Errno errno = TryReadStat(pid, buffer, out ReadOnlySpan<byte> stat);
        if (errno != Errno.None) return errno;
        return TryParseStat(stat, out state, out startTime) ? Errno.None : Errno.EINVAL;
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

    /// <summary>
    /// Reaps a child by its number, which is nobody else's until then; true when there is none of that number any more.
    /// </summary>
    public static bool TryReap(int pid) =>
        WaitId(P_PID, pid, WEXITED | WNOHANG, out _, out bool ended) == Errno.ECHILD || ended;

    /// <summary>As <see cref="TryWait"/>, leaving the child as a zombie for a later wait.</summary>
    public bool TryPeek(out ExitStatus status)
    {
        Errno errno = WaitId(WEXITED | WNOHANG | WNOWAIT, out status, out bool ended);
        return errno == Errno.None ? ended : throw new LinuxException(errno, "waitid", Fd.ToString());
    }

    /// <summary>
    /// How a process ended that is no child of this one: /proc/PID/stat tells as long as its parent has not asked, and
    /// then the descriptor does (PIDFD_INFO_EXIT, Linux 6.15). False while it runs, and when an older kernel has
    /// forgotten.
    /// </summary>
    /// <param name="pid">Its number.</param>
    /// <param name="startTime">See <see cref="TryReadStartTime"/>.</param>
    /// <param name="status">How.</param>
    public bool TryReadEnd(int pid, ulong startTime, out ExitStatus status)
    {
        // In this order: the descriptor knows before the number is free.
        if (TryReadEndOfZombie(pid, startTime, out status)) return true;
        pidfd_info info = new() { mask = PIDFD_INFO_EXIT };
        nint r = Native.syscall(SyscallNumbers.ioctl, Fd.Number, unchecked((nint)PIDFD_GET_INFO), (nint)(&info));
        if (r == -1 || (info.mask & PIDFD_INFO_EXIT) == 0) return false;
        status = ExitStatus.OfWait(info.exit_code);
        return true;
    }

    /// <summary>The same without a descriptor, of a process whose parent has not asked how it ended.</summary>
    public static bool TryReadEndOfZombie(int pid, ulong startTime, out ExitStatus status)
    {
        status = default;
        Span<byte> buffer = stackalloc byte[StatBytes];
        if (TryReadStat(pid, buffer, out ReadOnlySpan<byte> stat) != Errno.None
            || !TryParseStat(stat, out char state, out ulong started) || started != startTime || state != 'Z'
            || !System.Buffers.Text.Utf8Parser.TryParse(Field(stat, 52), out int code, out _)) return false;
        status = ExitStatus.OfWait(code);
        return true;
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

    private static Errno TryReadStat(int pid, Span<byte> buffer, out ReadOnlySpan<byte> stat)
    {
        stat = default;
        Errno errno = Files.TryOpenAt(Fd.Cwd, $"/proc/{pid}/stat", OpenFlags.O_RDONLY, 0, out Fd? fd);
        if (errno != Errno.None) return errno == Errno.ENOENT ? Errno.ESRCH : errno;
        using (fd)
        {
            errno = Files.TryRead(fd!, buffer, out int length);
            stat = buffer[..length];
            return errno;
        }
    }

    private static bool TryParseStat(ReadOnlySpan<byte> stat, out char state, out ulong startTime)
    {
        ReadOnlySpan<byte> letter = Field(stat, 3);
        state = letter.Length > 0 ? (char)letter[0] : default;
        return System.Buffers.Text.Utf8Parser.TryParse(Field(stat, 22), out startTime, out _);
    }

    // From a field on, empty when there are fewer. The name in parentheses, field 2, may hold spaces and parentheses,
    // so they are counted from the last one.
    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> stat, int number)
    {
        int at = stat.LastIndexOf((byte)')');
        ReadOnlySpan<byte> rest = at < 0 ? default : stat[(at + 1)..];
        for (int field = 2; field < number; field++)
        {
            int space = rest.IndexOf((byte)' ');
            if (space < 0) return default;
            rest = rest[(space + 1)..];
        }
        return rest;
    }

    private Errno WaitId(int options, out ExitStatus status, out bool ended) =>
        WaitId(P_PIDFD, Fd.Number, options, out status, out ended);

    private static Errno WaitId(int kind, int id, int options, out ExitStatus status, out bool ended)
    {
        siginfo_child info = default;
        nint r;
        // SAFETY: info is 128 bytes on the stack, the size of siginfo_t; the usage pointer is NULL.
        do r = Native.syscall(SyscallNumbers.waitid, kind, id, (nint)(&info), options, 0);
        while (r == -1 && Native.LastErrno == Errno.EINTR);
        ended = r == 0 && info.si_pid != 0;
        status = info.si_code == CLD_EXITED
            ? new ExitStatus(info.si_status & 0xFF, 0, false)
            : new ExitStatus(0, info.si_status, info.si_code == CLD_DUMPED);
        return r == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>Of PIDFD_GET_INFO, Linux 6.13; <see cref="exit_code"/> came with 6.15.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct pidfd_info
    {
        internal ulong mask;
        internal ulong cgroupid;
        internal uint pid;
        internal uint tgid;
        internal uint ppid;
        internal uint ruid;
        internal uint rgid;
        internal uint euid;
        internal uint egid;
        internal uint suid;
        internal uint sgid;
        internal uint fsuid;
        internal uint fsgid;
        internal int exit_code;
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
