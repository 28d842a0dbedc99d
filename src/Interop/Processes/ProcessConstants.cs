namespace Skiff.Interop.Processes;

/// <summary>
/// Constants of process calls, with the kernel's spelling; the same on x64 and arm64, checked in a test.
/// </summary>
internal static class ProcessConstants
{
    /// <summary>clone3(2): share memory.</summary>
    internal const ulong CLONE_VM = 0x100;

    /// <summary>clone3(2): store the child's pid for the parent before the child runs.</summary>
    internal const ulong CLONE_PARENT_SETTID = 0x10_0000;

    /// <summary>clone3(2): share the descriptor table.</summary>
    internal const ulong CLONE_FILES = 0x400;

    /// <summary>clone3(2): return a pidfd.</summary>
    internal const ulong CLONE_PIDFD = 0x1000;

    /// <summary>clone3(2): suspend the parent until exec or exit.</summary>
    internal const ulong CLONE_VFORK = 0x4000;

    /// <summary>clone3(2): reset handlers, Linux 5.5.</summary>
    internal const ulong CLONE_CLEAR_SIGHAND = 0x1_0000_0000;

    /// <summary>clone3(2): be born in a cgroup, Linux 5.7.</summary>
    internal const ulong CLONE_INTO_CGROUP = 0x2_0000_0000;

    /// <summary>ioctl(2) of a pidfd, with the first size of its struct.</summary>
    internal const uint PIDFD_GET_INFO = 0xC040_FF0B;

    /// <summary>pidfd_info: how the process ended.</summary>
    internal const ulong PIDFD_INFO_EXIT = 8;

    /// <summary>rt_sigprocmask(2): replace the mask.</summary>
    internal const int SIG_SETMASK = 2;

    /// <summary>*at(2): act on the descriptor itself.</summary>
    internal const int AT_EMPTY_PATH = 0x1000;

    /// <summary>*at(2): act on a symlink itself.</summary>
    internal const int AT_SYMLINK_NOFOLLOW = 0x100;

    /// <summary>faccessat2(2): with the effective ids.</summary>
    internal const int AT_EACCESS = 0x200;

    /// <summary>close_range(2): unshare the table first.</summary>
    internal const uint CLOSE_RANGE_UNSHARE = 2;

    /// <summary>close_range(2): mark instead of closing, Linux 5.11.</summary>
    internal const uint CLOSE_RANGE_CLOEXEC = 4;

    /// <summary>keyctl(2).</summary>
    internal const int KEYCTL_JOIN_SESSION_KEYRING = 1;

    /// <summary>ioprio_set(2).</summary>
    internal const int IOPRIO_WHO_PROCESS = 1;

    /// <summary>ioctl_tty(2): locks a pseudo-terminal's other side.</summary>
    internal const ulong TIOCSPTLCK = 0x4004_5431;

    /// <summary>ioctl_tty(2): opens a pseudo-terminal's other side.</summary>
    internal const ulong TIOCGPTPEER = 0x5441;

    /// <summary>ioctl_tty(2): the window's size.</summary>
    internal const ulong TIOCSWINSZ = 0x5414;

    /// <summary>ioctl_tty(2): make it the controlling terminal.</summary>
    internal const ulong TIOCSCTTY = 0x540E;

    /// <summary>waitid(2): wait for a process by its number.</summary>
    internal const int P_PID = 1;

    /// <summary>waitid(2): wait for a pidfd, Linux 5.4.</summary>
    internal const int P_PIDFD = 3;

    /// <summary>waitid(2): do not block.</summary>
    internal const int WNOHANG = 1;

    /// <summary>waitid(2): children that ended.</summary>
    internal const int WEXITED = 4;

    /// <summary>waitid(2): leave it waitable.</summary>
    internal const int WNOWAIT = 0x0100_0000;

    /// <summary>si_code: it exited.</summary>
    internal const int CLD_EXITED = 1;

    /// <summary>si_code: a signal ended it and a core was written.</summary>
    internal const int CLD_DUMPED = 3;

    /// <summary>prctl(2).</summary>
    internal const int PR_GET_DUMPABLE = 3;

    /// <summary>prctl(2).</summary>
    internal const int PR_SET_DUMPABLE = 4;

    /// <summary>capset(2): 64-bit sets.</summary>
    internal const uint _LINUX_CAPABILITY_VERSION_3 = 0x2008_0522;

    /// <summary>prctl(2).</summary>
    internal const int PR_SET_PDEATHSIG = 1;

    /// <summary>prctl(2).</summary>
    internal const int PR_SET_KEEPCAPS = 8;

    /// <summary>prctl(2).</summary>
    internal const int PR_CAPBSET_DROP = 24;

    /// <summary>prctl(2).</summary>
    internal const int PR_SET_SECUREBITS = 28;

    /// <summary>capabilities(7): changes of user ids leave the capabilities alone.</summary>
    internal const int SECBIT_NO_SETUID_FIXUP = 4;

    /// <summary>prctl(2).</summary>
    internal const int PR_SET_NO_NEW_PRIVS = 38;

    /// <summary>prctl(2).</summary>
    internal const int PR_CAP_AMBIENT = 47;

    /// <summary>prctl(2).</summary>
    internal const int PR_CAP_AMBIENT_RAISE = 2;

    /// <summary>prctl(2).</summary>
    internal const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    /// <summary>seccomp(2).</summary>
    internal const int SECCOMP_SET_MODE_FILTER = 1;

    /// <summary>socket(2).</summary>
    internal const int AF_NETLINK = 16;

    /// <summary>socket(2).</summary>
    internal const int SOCK_RAW = 3;

    /// <summary>elf(5): the segment that names the interpreter.</summary>
    internal const int PT_INTERP = 3;

    /// <summary>fcntl(2): duplicate, close-on-exec.</summary>
    internal const int F_DUPFD_CLOEXEC = 1030;

    /// <summary>unlinkat(2): remove a directory.</summary>
    internal const int AT_REMOVEDIR = 0x200;
}
