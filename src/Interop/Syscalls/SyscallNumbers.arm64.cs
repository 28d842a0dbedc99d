namespace Skiff.Interop.Syscalls;

/// <summary>System call numbers of Linux on arm64, for raw calls and launch programs; checked against the C headers in
/// a test.</summary>
public static class SyscallNumbers
{
    /// <summary>read(2).</summary>
    public const int read = 63;

    /// <summary>write(2).</summary>
    public const int write = 64;

    /// <summary>close(2).</summary>
    public const int close = 57;

    /// <summary>openat(2).</summary>
    public const int openat = 56;

    /// <summary>close_range(2).</summary>
    public const int close_range = 436;

    /// <summary>dup3(2).</summary>
    public const int dup3 = 24;

    /// <summary>fcntl(2).</summary>
    public const int fcntl = 25;

    /// <summary>ioctl(2).</summary>
    public const int ioctl = 29;

    /// <summary>lseek(2).</summary>
    public const int lseek = 62;

    /// <summary>pread64(2).</summary>
    public const int pread64 = 67;

    /// <summary>pwrite64(2).</summary>
    public const int pwrite64 = 68;

    /// <summary>sendmsg(2).</summary>
    public const int sendmsg = 211;

    /// <summary>recvmsg(2).</summary>
    public const int recvmsg = 212;

    /// <summary>fchmod(2).</summary>
    public const int fchmod = 52;

    /// <summary>fchmodat(2).</summary>
    public const int fchmodat = 53;

    /// <summary>fchown(2).</summary>
    public const int fchown = 55;

    /// <summary>fchownat(2).</summary>
    public const int fchownat = 54;

    /// <summary>mknodat(2).</summary>
    public const int mknodat = 33;

    /// <summary>mkdirat(2).</summary>
    public const int mkdirat = 34;

    /// <summary>symlinkat(2).</summary>
    public const int symlinkat = 36;

    /// <summary>linkat(2).</summary>
    public const int linkat = 37;

    /// <summary>unlinkat(2).</summary>
    public const int unlinkat = 35;

    /// <summary>renameat2(2).</summary>
    public const int renameat2 = 276;

    /// <summary>readlinkat(2).</summary>
    public const int readlinkat = 78;

    /// <summary>faccessat2(2).</summary>
    public const int faccessat2 = 439;

    /// <summary>newfstatat(2).</summary>
    public const int newfstatat = 79;

    /// <summary>statfs(2).</summary>
    public const int statfs = 43;

    /// <summary>statx(2).</summary>
    public const int statx = 291;

    /// <summary>mount(2).</summary>
    public const int mount = 40;

    /// <summary>umount2(2).</summary>
    public const int umount2 = 39;

    /// <summary>pivot_root(2).</summary>
    public const int pivot_root = 41;

    /// <summary>chroot(2).</summary>
    public const int chroot = 51;

    /// <summary>chdir(2).</summary>
    public const int chdir = 49;

    /// <summary>fchdir(2).</summary>
    public const int fchdir = 50;

    /// <summary>setfsuid(2).</summary>
    public const int setfsuid = 151;

    /// <summary>setfsgid(2).</summary>
    public const int setfsgid = 152;

    /// <summary>setns(2).</summary>
    public const int setns = 268;

    /// <summary>unshare(2).</summary>
    public const int unshare = 97;

    /// <summary>clone3(2).</summary>
    public const int clone3 = 435;

    /// <summary>execve(2).</summary>
    public const int execve = 221;

    /// <summary>execveat(2).</summary>
    public const int execveat = 281;

    /// <summary>exit(2).</summary>
    public const int exit = 93;

    /// <summary>exit_group(2).</summary>
    public const int exit_group = 94;

    /// <summary>wait4(2).</summary>
    public const int wait4 = 260;

    /// <summary>waitid(2).</summary>
    public const int waitid = 95;

    /// <summary>kill(2).</summary>
    public const int kill = 129;

    /// <summary>sethostname(2).</summary>
    public const int sethostname = 161;

    /// <summary>setdomainname(2).</summary>
    public const int setdomainname = 162;

    /// <summary>prlimit64(2).</summary>
    public const int prlimit64 = 261;

    /// <summary>quotactl_fd(2).</summary>
    public const int quotactl_fd = 443;

    /// <summary>prctl(2).</summary>
    public const int prctl = 167;

    /// <summary>capset(2).</summary>
    public const int capset = 91;

    /// <summary>capget(2).</summary>
    public const int capget = 90;

    /// <summary>setsid(2).</summary>
    public const int setsid = 157;

    /// <summary>setpgid(2).</summary>
    public const int setpgid = 154;

    /// <summary>setgroups(2).</summary>
    public const int setgroups = 159;

    /// <summary>setresuid(2).</summary>
    public const int setresuid = 147;

    /// <summary>setresgid(2).</summary>
    public const int setresgid = 149;

    /// <summary>umask(2).</summary>
    public const int umask = 166;

    /// <summary>personality(2).</summary>
    public const int personality = 92;

    /// <summary>sched_setaffinity(2).</summary>
    public const int sched_setaffinity = 122;

    /// <summary>setpriority(2).</summary>
    public const int setpriority = 140;

    /// <summary>ioprio_set(2).</summary>
    public const int ioprio_set = 30;

    /// <summary>rt_sigaction(2).</summary>
    public const int rt_sigaction = 134;

    /// <summary>rt_sigprocmask(2).</summary>
    public const int rt_sigprocmask = 135;

    /// <summary>seccomp(2).</summary>
    public const int seccomp = 277;

    /// <summary>keyctl(2).</summary>
    public const int keyctl = 219;

    /// <summary>bpf(2).</summary>
    public const int bpf = 280;

    /// <summary>openat2(2).</summary>
    public const int openat2 = 437;

    /// <summary>finit_module(2).</summary>
    public const int finit_module = 273;

    /// <summary>fsopen(2).</summary>
    public const int fsopen = 430;

    /// <summary>fsconfig(2).</summary>
    public const int fsconfig = 431;

    /// <summary>fsmount(2).</summary>
    public const int fsmount = 432;

    /// <summary>fspick(2).</summary>
    public const int fspick = 433;

    /// <summary>move_mount(2).</summary>
    public const int move_mount = 429;

    /// <summary>open_tree(2).</summary>
    public const int open_tree = 428;

    /// <summary>mount_setattr(2).</summary>
    public const int mount_setattr = 442;

    /// <summary>pidfd_open(2).</summary>
    public const int pidfd_open = 434;

    /// <summary>pidfd_send_signal(2).</summary>
    public const int pidfd_send_signal = 424;

    /// <summary>pidfd_getfd(2).</summary>
    public const int pidfd_getfd = 438;

    /// <summary>memfd_create(2).</summary>
    public const int memfd_create = 279;

    /// <summary>utimensat(2).</summary>
    public const int utimensat = 88;

    /// <summary>setxattr(2).</summary>
    public const int setxattr = 5;

    /// <summary>lsetxattr(2).</summary>
    public const int lsetxattr = 6;

    /// <summary>fsetxattr(2).</summary>
    public const int fsetxattr = 7;

    /// <summary>getpid(2).</summary>
    public const int getpid = 172;

    /// <summary>geteuid(2).</summary>
    public const int geteuid = 175;

    /// <summary>getegid(2).</summary>
    public const int getegid = 177;

    /// <summary>gettid(2).</summary>
    public const int gettid = 178;

    /// <summary>socket(2).</summary>
    public const int socket = 198;

    /// <summary>bind(2).</summary>
    public const int bind = 200;

    /// <summary>connect(2).</summary>
    public const int connect = 203;

    /// <summary>pipe2(2).</summary>
    public const int pipe2 = 59;

    /// <summary>ppoll(2).</summary>
    public const int ppoll = 73;

    /// <summary>nanosleep(2).</summary>
    public const int nanosleep = 101;

    /// <summary>copy_file_range(2).</summary>
    public const int copy_file_range = 285;

    /// <summary>splice(2).</summary>
    public const int splice = 76;

    /// <summary>statmount(2).</summary>
    public const int statmount = 457;

    /// <summary>listmount(2).</summary>
    public const int listmount = 458;

    /// <summary>getdents64(2).</summary>
    public const int getdents64 = 61;

    /// <summary>fdatasync(2).</summary>
    public const int fdatasync = 83;

    /// <summary>syncfs(2).</summary>
    public const int syncfs = 267;

    /// <summary>sync_file_range(2).</summary>
    public const int sync_file_range = 84;

    /// <summary>faccessat(2).</summary>
    public const int faccessat = 48;

    /// <summary>sched_setattr(2).</summary>
    public const int sched_setattr = 274;

    /// <summary>set_mempolicy(2).</summary>
    public const int set_mempolicy = 237;
}
