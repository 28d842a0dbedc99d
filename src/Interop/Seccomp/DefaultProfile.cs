using static Skiff.Interop.Seccomp.CapabilityNumbers;

namespace Skiff.Interop.Seccomp;

/// <summary>
/// The profile of containers that name none: the same allowed set as Docker's default. Everything else fails with
/// EPERM, calls that are newer than the table with ENOSYS. Tables of names by the condition that allows them.
/// </summary>
public static class DefaultProfile
{
    private const uint Allow = (uint)SeccompAction.ALLOW;
    private const uint EPERM = 1;
    private const uint ENOSYS = 38;
    private const ulong AF_VSOCK = 40;

    /// <summary>
    /// Flags of clone(2) that make a namespace, CLONE_NEWTIME aside: it shares its bit with an exit signal.
    /// </summary>
    private const ulong NamespaceFlags = 0x7E020000;

    private static readonly Version s_ptraceIsSafe = new(4, 8);

    /// <summary>PER_LINUX, PER_LINUX32, both with UNAME26, and the query.</summary>
    private static ReadOnlySpan<uint> Personalities => [0, 8, 0x20000, 0x20008, 0xFFFFFFFF];

    private static ReadOnlySpan<byte> Always => """
        _llseek _newselect accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown
        chown32 clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
        clock_nanosleep clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3
        epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old
        eventfd eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 fallocate
        fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync fgetxattr
        flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate
        ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat get_robust_list
        get_thread_area getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32
        getgroups getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid
        getresgid32 getresuid getresuid32 getrlimit getrusage getsid getsockname getsockopt gettid gettimeofday
        getuid getuid32 getxattr inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy
        io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl ioprio_get ioprio_set ipc kill
        landlock_add_rule landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link linkat
        listen listxattr llistxattr lremovexattr lseek lsetxattr lstat lstat64 madvise map_shadow_stack membarrier
        memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mprotect
        mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
        mq_unlink mremap msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep
        newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free
        pkey_mprotect poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6
        pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg
        recvmmsg_time64 recvmsg remap_file_pages removexattr rename renameat renameat2 restart_syscall rmdir rseq
        rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
        rt_sigtimedwait_time64 rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity
        sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64
        sched_setaffinity sched_setattr sched_setparam sched_setscheduler sched_yield seccomp select semctl semget
        semop semtimedop semtimedop_time64 send sendfile sendfile64 sendmmsg sendmsg sendto set_robust_list
        set_thread_area set_tid_address setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups
        setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32
        setreuid setreuid32 setrlimit setsid setsockopt setuid setuid32 setxattr shmat shmctl shmdt shmget shutdown
        sigaltstack signalfd signalfd4 sigprocmask sigreturn socketcall socketpair splice stat stat64 statfs
        statfs64 statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time timer_create
        timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
        timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64
        ugetrlimit umask uname unlink unlinkat utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid
        waitpid write writev
        """u8;

    /// <summary>The filter for a container; compiled anew each time, see the benchmark for what that costs.</summary>
    public static SeccompFilter Compile(SeccompTarget target)
    {
        SeccompArch[] arches = target.Native == SeccompArch.aarch64
            ? [SeccompArch.aarch64, SeccompArch.arm]
            : [SeccompArch.x86_64, SeccompArch.x86, SeccompArch.x32];
        var compiler = new SeccompCompiler(arches, (uint)SeccompAction.ERRNO | EPERM);
        compiler.AddCalls(Always, Allow);
        compiler.AddCalls(ForArch(target.Native), Allow);
        // Before 4.8 ptrace could change a call after the filter had seen it.
        if (target.Kernel >= s_ptraceIsSafe) compiler.AddCalls("process_vm_readv process_vm_writev ptrace"u8, Allow);
        compiler.AddCalls("socket"u8, Allow, new SeccompArgument(0, AF_VSOCK, 0, SeccompOperator.NE));
        foreach (uint persona in Personalities)
            compiler.AddCalls("personality"u8, Allow, new SeccompArgument(0, persona, 0, SeccompOperator.EQ));
        for (int capability = 0; capability < 64; capability++)
            if (target.Has(capability)) compiler.AddCalls(ForCapability(capability), Allow);
        if (!target.Has(SysAdmin)) AddNamespaceRules(compiler);
        return compiler.Compile(SeccompFilter.SECCOMP_FILTER_FLAG_SPEC_ALLOW);
    }

    private static void AddNamespaceRules(SeccompCompiler compiler)
    {
        compiler.AddCalls("clone"u8, Allow, new SeccompArgument(0, NamespaceFlags, 0, SeccompOperator.MASKED_EQ));
        // The flags of clone3 are in memory, out of a filter's sight; ENOSYS sends libraries back to clone.
        compiler.AddCalls("clone3"u8, (uint)SeccompAction.ERRNO | ENOSYS);
    }

    private static ReadOnlySpan<byte> ForArch(SeccompArch native) => native == SeccompArch.aarch64
        ? "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls"u8
        : "arch_prctl modify_ldt"u8;

    private static ReadOnlySpan<byte> ForCapability(int capability) => capability switch
    {
        DacReadSearch => "open_by_handle_at"u8,
        SysAdmin => """
            bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount
            open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
            """u8,
        SysBoot => "reboot"u8,
        SysChroot => "chroot"u8,
        SysModule => "delete_module finit_module init_module"u8,
        SysPacct => "acct"u8,
        SysPtrace => "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace"u8,
        SysRawio => "ioperm iopl"u8,
        SysTime => "clock_settime clock_settime64 settimeofday stime"u8,
        SysTtyConfig => "vhangup"u8,
        SysNice => "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"u8,
        Syslog => "syslog"u8,
        Bpf => "bpf"u8,
        Perfmon => "perf_event_open"u8,
        _ => default,
    };
}
