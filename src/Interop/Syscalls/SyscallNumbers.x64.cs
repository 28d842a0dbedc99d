namespace Skiff.Interop.Syscalls;

/// <summary>System call numbers of Linux on x64, for raw calls and launch programs; checked against the C headers in a
/// test.</summary>
public static class SyscallNumbers
{
    /// <summary>read(2).</summary>
    public const int read = 0;

    /// <summary>write(2).</summary>
    public const int write = 1;

    /// <summary>close(2).</summary>
    public const int close = 3;

    /// <summary>openat(2).</summary>
    public const int openat = 257;

    /// <summary>close_range(2).</summary>
    public const int close_range = 436;

    /// <summary>dup3(2).</summary>
    public const int dup3 = 292;

    /// <summary>fcntl(2).</summary>
    public const int fcntl = 72;

    /// <summary>ioctl(2).</summary>
    public const int ioctl = 16;

    /// <summary>lseek(2).</summary>
    public const int lseek = 8;

    /// <summary>pread64(2).</summary>
    public const int pread64 = 17;

    /// <summary>pwrite64(2).</summary>
    public const int pwrite64 = 18;

    /// <summary>sendmsg(2).</summary>
    public const int sendmsg = 46;

    /// <summary>recvmsg(2).</summary>
    public const int recvmsg = 47;

    /// <summary>fchmod(2).</summary>
    public const int fchmod = 91;

    /// <summary>fchmodat(2).</summary>
    public const int fchmodat = 268;

    /// <summary>fchown(2).</summary>
    public const int fchown = 93;

    /// <summary>fchownat(2).</summary>
    public const int fchownat = 260;

    /// <summary>mknodat(2).</summary>
    public const int mknodat = 259;

    /// <summary>mkdirat(2).</summary>
    public const int mkdirat = 258;

    /// <summary>symlinkat(2).</summary>
    public const int symlinkat = 266;

    /// <summary>linkat(2).</summary>
    public const int linkat = 265;

    /// <summary>unlinkat(2).</summary>
    public const int unlinkat = 263;

    /// <summary>renameat2(2).</summary>
    public const int renameat2 = 316;

    /// <summary>readlinkat(2).</summary>
    public const int readlinkat = 267;

    /// <summary>faccessat2(2).</summary>
    public const int faccessat2 = 439;

    /// <summary>newfstatat(2).</summary>
    public const int newfstatat = 262;

    /// <summary>statfs(2).</summary>
    public const int statfs = 137;

    /// <summary>statx(2).</summary>
    public const int statx = 332;

    /// <summary>mount(2).</summary>
    public const int mount = 165;

    /// <summary>umount2(2).</summary>
    public const int umount2 = 166;

    /// <summary>pivot_root(2).</summary>
    public const int pivot_root = 155;

    /// <summary>chroot(2).</summary>
    public const int chroot = 161;

    /// <summary>chdir(2).</summary>
    public const int chdir = 80;

    /// <summary>fchdir(2).</summary>
    public const int fchdir = 81;

    /// <summary>setfsuid(2).</summary>
    public const int setfsuid = 122;

    /// <summary>setfsgid(2).</summary>
    public const int setfsgid = 123;

    /// <summary>setns(2).</summary>
    public const int setns = 308;

    /// <summary>unshare(2).</summary>
    public const int unshare = 272;

    /// <summary>clone3(2).</summary>
    public const int clone3 = 435;

    /// <summary>execve(2).</summary>
    public const int execve = 59;

    /// <summary>execveat(2).</summary>
    public const int execveat = 322;

    /// <summary>exit(2).</summary>
    public const int exit = 60;

    /// <summary>exit_group(2).</summary>
    public const int exit_group = 231;

    /// <summary>wait4(2).</summary>
    public const int wait4 = 61;

    /// <summary>waitid(2).</summary>
    public const int waitid = 247;

    /// <summary>kill(2).</summary>
    public const int kill = 62;

    /// <summary>sethostname(2).</summary>
    public const int sethostname = 170;

    /// <summary>setdomainname(2).</summary>
    public const int setdomainname = 171;

    /// <summary>prlimit64(2).</summary>
    public const int prlimit64 = 302;

    /// <summary>quotactl_fd(2).</summary>
    public const int quotactl_fd = 443;

    /// <summary>prctl(2).</summary>
    public const int prctl = 157;

    /// <summary>capset(2).</summary>
    public const int capset = 126;

    /// <summary>capget(2).</summary>
    public const int capget = 125;

    /// <summary>setsid(2).</summary>
    public const int setsid = 112;

    /// <summary>setpgid(2).</summary>
    public const int setpgid = 109;

    /// <summary>setgroups(2).</summary>
    public const int setgroups = 116;

    /// <summary>setresuid(2).</summary>
    public const int setresuid = 117;

    /// <summary>setresgid(2).</summary>
    public const int setresgid = 119;

    /// <summary>umask(2).</summary>
    public const int umask = 95;

    /// <summary>personality(2).</summary>
    public const int personality = 135;

    /// <summary>sched_setaffinity(2).</summary>
    public const int sched_setaffinity = 203;

    /// <summary>setpriority(2).</summary>
    public const int setpriority = 141;

    /// <summary>ioprio_set(2).</summary>
    public const int ioprio_set = 251;

    /// <summary>rt_sigaction(2).</summary>
    public const int rt_sigaction = 13;

    /// <summary>rt_sigprocmask(2).</summary>
    public const int rt_sigprocmask = 14;

    /// <summary>seccomp(2).</summary>
    public const int seccomp = 317;

    /// <summary>keyctl(2).</summary>
    public const int keyctl = 250;

    /// <summary>bpf(2).</summary>
    public const int bpf = 321;

    /// <summary>openat2(2).</summary>
    public const int openat2 = 437;

    /// <summary>finit_module(2).</summary>
    public const int finit_module = 313;

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
    public const int memfd_create = 319;

    /// <summary>utimensat(2).</summary>
    public const int utimensat = 280;

    /// <summary>setxattr(2).</summary>
    public const int setxattr = 188;

    /// <summary>lsetxattr(2).</summary>
    public const int lsetxattr = 189;

    /// <summary>fsetxattr(2).</summary>
    public const int fsetxattr = 190;

    /// <summary>getpid(2).</summary>
    public const int getpid = 39;

    /// <summary>geteuid(2).</summary>
    public const int geteuid = 107;

    /// <summary>getegid(2).</summary>
    public const int getegid = 108;

    /// <summary>gettid(2).</summary>
    public const int gettid = 186;

    /// <summary>socket(2).</summary>
    public const int socket = 41;

    /// <summary>bind(2).</summary>
    public const int bind = 49;

    /// <summary>connect(2).</summary>
    public const int connect = 42;

    /// <summary>pipe2(2).</summary>
    public const int pipe2 = 293;

    /// <summary>ppoll(2).</summary>
    public const int ppoll = 271;

    /// <summary>nanosleep(2).</summary>
    public const int nanosleep = 35;

    /// <summary>copy_file_range(2).</summary>
    public const int copy_file_range = 326;

    /// <summary>splice(2).</summary>
    public const int splice = 275;

    /// <summary>statmount(2).</summary>
    public const int statmount = 457;

    /// <summary>listmount(2).</summary>
    public const int listmount = 458;

    /// <summary>getdents64(2).</summary>
    public const int getdents64 = 217;

    /// <summary>fdatasync(2).</summary>
    public const int fdatasync = 75;

    /// <summary>syncfs(2).</summary>
    public const int syncfs = 306;

    /// <summary>sync_file_range(2).</summary>
    public const int sync_file_range = 277;

    /// <summary>faccessat(2).</summary>
    public const int faccessat = 269;

    /// <summary>sched_setattr(2).</summary>
    public const int sched_setattr = 314;

    /// <summary>set_mempolicy(2).</summary>
    public const int set_mempolicy = 238;
}
