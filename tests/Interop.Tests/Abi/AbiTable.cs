namespace Skiff.Interop.Tests.Abi;

/// <summary>
/// What the C headers are asked. Constants need no row: every integer constant and enum member of Skiff.Interop that is
/// spelled like C (<c>MS_BIND</c>, <c>ENOENT</c>) and every member of SyscallNumbers is checked by itself. Add a row to
/// <see cref="Structs"/> for each struct, to <see cref="Expressions"/> for sizes and offsets that code writes as
/// numbers, to
/// <see cref="Renamed"/> when C has another name for it.
/// </summary>
internal static class AbiTable
{
    /// <summary>The fewest claims that must have been checked: below it, the test lost its subject.</summary>
    public const int Floor = 800;

    public static readonly AbiUnit[] Units =
    [
        new("libc", "errno.h", "dirent.h", "fcntl.h", "poll.h", "sched.h", "signal.h", "sys/epoll.h", "sys/eventfd.h",
            "sys/inotify.h", "sys/mman.h", "sys/mount.h", "sys/prctl.h", "sys/resource.h", "sys/signalfd.h",
            "sys/socket.h", "sys/stat.h", "sys/statfs.h", "sys/time.h", "sys/timerfd.h", "sys/uio.h", "sys/un.h",
            "sys/utsname.h", "sys/wait.h", "sys/xattr.h", "sys/file.h", "time.h", "unistd.h", "netinet/in.h",
            "netinet/tcp.h", "stddef.h", "asm/unistd.h"),
        new("terminal", "stddef.h", "sys/ioctl.h", "asm/termbits.h"),
        new("kernel", "stddef.h", "linux/mount.h", "linux/stat.h", "linux/fs.h", "linux/loop.h", "linux/magic.h",
            "linux/openat2.h", "linux/sched.h", "linux/capability.h", "linux/securebits.h", "linux/seccomp.h",
            "linux/audit.h", "linux/filter.h", "linux/bpf.h", "linux/bpf_common.h", "linux/prctl.h",
            "linux/close_range.h", "linux/fcntl.h", "linux/memfd.h", "linux/sockios.h", "linux/keyctl.h",
            "linux/ioprio.h", "linux/personality.h", "linux/pidfd.h", "linux/wait.h", "linux/limits.h",
            "linux/elf.h", "linux/types.h", "linux/time.h", "linux/eventpoll.h", "linux/xattr.h", "linux/nsfs.h",
            "linux/quota.h", "linux/module.h"),
        new("netlink", "stddef.h", "sys/socket.h", "linux/netlink.h", "linux/rtnetlink.h", "linux/netconf.h",
            "linux/if_link.h", "linux/if_addr.h", "linux/if.h", "linux/veth.h", "linux/neighbour.h", "linux/in.h",
            "linux/if_ether.h", "linux/if_arp.h", "linux/net_namespace.h", "linux/netfilter.h",
            "linux/netfilter_ipv4.h", "linux/netfilter/nfnetlink_log.h", "linux/pkt_sched.h",
            "linux/netfilter/nfnetlink.h", "linux/netfilter/nf_tables.h", "linux/netfilter/nf_conntrack_common.h",
            "linux/netfilter/nf_conntrack_tcp.h", "linux/netfilter/nfnetlink_conntrack.h",
            "linux/netfilter/nf_nat.h", "linux/netfilter/nf_log.h", "linux/ip.h", "linux/ipv6.h",
            "linux/if_bridge.h", "linux/icmp.h", "linux/icmpv6.h", "linux/udp.h"),
    ];

    /// <summary>
    /// C# struct, C type, and fields whose names differ (C# name, C name; "" for padding C has no name for).
    /// </summary>
    public static readonly (string Type, string CType, (string Field, string CField)[] Fields)[] Structs =
    [
        ("Skiff.Interop.Libc.statx", "struct statx", [("spare0", "")]),
        ("Skiff.Interop.Libc.statx_timestamp", "struct statx_timestamp", [("reserved", "")]),
        ("Skiff.Interop.Libc.statfs", "struct statfs", []),
        ("Skiff.Interop.Libc.fsxattr", "struct fsxattr", [("padding", "fsx_pad")]),
        ("Skiff.Interop.Libc.if_dqblk", "struct if_dqblk", []),
        ("Skiff.Interop.Libc.timespec", "struct timespec", []),
        ("Skiff.Interop.Libc.pollfd", "struct pollfd", []),
        ("Skiff.Interop.Libc.utsname", "struct utsname", []),
        ("Skiff.Interop.Libc.iovec", "struct iovec", []),
        ("Skiff.Interop.Libc.msghdr", "struct msghdr", []),
        ("Skiff.Interop.Libc.mmsghdr", "struct mmsghdr", []),
        ("Skiff.Interop.Libc.sockaddr_in", "struct sockaddr_in", []),
        ("Skiff.Interop.Libc.cmsghdr", "struct cmsghdr", []),
        ("Skiff.Interop.Libc.sockaddr_un", "struct sockaddr_un", []),
        ("Skiff.Interop.Libc.ucred", "struct ucred", []),
        ("Skiff.Interop.Libc.sock_filter", "struct sock_filter", []),
        ("Skiff.Interop.Libc.sock_fprog", "struct sock_fprog", []),
        ("Skiff.Interop.Events.EpollEvent", "struct epoll_event", [("Events", "events"), ("Data", "data")]),
        ("Skiff.Interop.Events.itimerspec", "struct itimerspec", []),
        ("Skiff.Interop.Events.signalfd_siginfo", "struct signalfd_siginfo", []),
        ("Skiff.Interop.Events.inotify_event", "struct inotify_event", []),
        ("Skiff.Interop.Events.sigaction_t", "struct sigaction", []),
        ("Skiff.Interop.Mounts.loop_info64", "struct loop_info64", []),
        ("Skiff.Interop.Mounts.loop_config", "struct loop_config", [("reserved", "__reserved")]),
        ("Skiff.Interop.Processes.clone_args", "struct clone_args", []),
        ("Skiff.Interop.Processes.PidFd+siginfo_child", "siginfo_t", [("padding", "")]),
        ("Skiff.Interop.Processes.PidFd+pidfd_info", "struct pidfd_info", []),
    ];

    /// <summary>Sizes and offsets that code writes as numbers.</summary>
    public static readonly (string Expression, ulong Value, string Where)[] Expressions =
    [
        ("sizeof(struct open_how)", 24, "Files.TryOpenAt2"),
        ("offsetof(struct open_how, mode)", 8, "Files.TryOpenAt2"),
        ("offsetof(struct open_how, resolve)", 16, "Files.TryOpenAt2"),
        ("sizeof(struct mount_attr)", 32, "Mounts.SetAttributes"),
        ("offsetof(struct mount_attr, attr_clr)", 8, "Mounts.SetAttributes"),
        ("offsetof(struct mount_attr, propagation)", 16, "Mounts.SetAttributes"),
        ("sizeof(struct winsize)", 8, "WindowSize"),
        ("offsetof(struct winsize, ws_col)", 2, "WindowSize"),
        ("sizeof(struct termios)", 36, "Termios"),
        ("offsetof(struct termios, c_lflag)", 12, "Termios"),
        ("offsetof(struct termios, c_cc)", 17, "Termios"),
        ("sizeof(struct rlimit)", 16, "Rlimits"),
        ("sizeof(struct sock_filter)", 8, "SeccompCompiler"),
        ("offsetof(struct seccomp_data, nr)", 0, "SeccompCompiler"),
        ("offsetof(struct seccomp_data, arch)", 4, "SeccompCompiler"),
        ("offsetof(struct seccomp_data, args)", 16, "SeccompCompiler"),
        ("sizeof(struct bpf_insn)", 8, "DeviceProgramCompiler"),
        ("offsetof(struct bpf_cgroup_dev_ctx, major)", 4, "DeviceProgramCompiler"),
        ("offsetof(struct bpf_cgroup_dev_ctx, minor)", 8, "DeviceProgramCompiler"),
        ("offsetof(struct bpf_sk_lookup, family)", 8, "LookupProgram"),
        ("offsetof(struct bpf_sk_lookup, protocol)", 12, "LookupProgram"),
        ("offsetof(struct bpf_sk_lookup, local_ip4)", 40, "LookupProgram"),
        ("offsetof(struct bpf_sk_lookup, local_port)", 60, "LookupProgram"),
        ("sizeof(struct iphdr)", 20, "DatagramBatch"),
        ("sizeof(struct udphdr)", 8, "DatagramBatch"),
        ("sizeof(struct nlmsghdr)", 16, "NetlinkMessage"),
        ("sizeof(struct nlattr)", 4, "NetlinkAttributes"),
        ("sizeof(struct nlmsgerr)", 20, "NetlinkSocket"),
        ("sizeof(struct ifinfomsg)", 16, "Links"),
        ("sizeof(struct ifaddrmsg)", 8, "Addresses"),
        ("sizeof(struct rtmsg)", 12, "Routes"),
        ("sizeof(struct nfgenmsg)", 4, "NftBatch"),
        ("sizeof(struct __user_cap_data_struct)", 12, "Capabilities"),
        ("sizeof(struct __user_cap_header_struct)", 8, "Capabilities"),
    ];

    /// <summary>
    /// C# constants (<c>Type.Name</c>) that are another expression in C; "" when C has none: the name is ours alone.
    /// </summary>
    public static readonly Dictionary<string, string> Renamed = new()
    {
        ["ProjectQuota.GetQuota"] = "QCMD(Q_GETQUOTA, PRJQUOTA)",
        ["ProjectQuota.SetQuota"] = "QCMD(Q_SETQUOTA, PRJQUOTA)",
        ["Files.EFD_CLOEXEC_NONBLOCK"] = "EFD_CLOEXEC | EFD_NONBLOCK",
        ["Inotify.IN_CLOEXEC_NONBLOCK"] = "IN_CLOEXEC | IN_NONBLOCK",
        ["SignalFd.SFD_CLOEXEC_NONBLOCK"] = "SFD_CLOEXEC | SFD_NONBLOCK",
        ["TimerFd.TFD_CLOEXEC_NONBLOCK"] = "TFD_CLOEXEC | TFD_NONBLOCK",
        ["ReverseAssembler.BPF_LD_W_ABS"] = "BPF_LD | BPF_W | BPF_ABS",
        ["ReverseAssembler.BPF_AND_K"] = "BPF_ALU | BPF_AND | BPF_K",
        ["ReverseAssembler.BPF_RET_K"] = "BPF_RET | BPF_K",
        ["ReverseAssembler.BPF_JA"] = "BPF_JMP | BPF_JA",
        ["Test.JEQ"] = "BPF_JMP | BPF_JEQ | BPF_K",
        ["Test.JGT"] = "BPF_JMP | BPF_JGT | BPF_K",
        ["Test.JGE"] = "BPF_JMP | BPF_JGE | BPF_K",
        ["SeccompAction.KILL_THREAD"] = "SECCOMP_RET_KILL_THREAD",
        ["SeccompAction.KILL_PROCESS"] = "SECCOMP_RET_KILL_PROCESS",
        ["SeccompAction.TRAP"] = "SECCOMP_RET_TRAP",
        ["SeccompAction.ERRNO"] = "SECCOMP_RET_ERRNO",
        ["SeccompAction.TRACE"] = "SECCOMP_RET_TRACE",
        ["SeccompAction.LOG"] = "SECCOMP_RET_LOG",
        ["SeccompAction.ALLOW"] = "SECCOMP_RET_ALLOW",
        ["SeccompOperator.EQ"] = "",
        ["SeccompOperator.NE"] = "",
        ["SeccompOperator.LT"] = "",
        ["SeccompOperator.LE"] = "",
        ["SeccompOperator.GT"] = "",
        ["SeccompOperator.GE"] = "",
        ["SeccompOperator.MASKED_EQ"] = "",
        ["DeviceProgramCompiler.LDX_W"] = "BPF_LDX | BPF_W | BPF_MEM",
        ["DeviceProgramCompiler.AND32_K"] = "BPF_ALU | BPF_AND | BPF_K",
        ["DeviceProgramCompiler.RSH32_K"] = "BPF_ALU | BPF_RSH | BPF_K",
        ["DeviceProgramCompiler.MOV64_K"] = "BPF_ALU64 | BPF_MOV | BPF_K",
        ["DeviceProgramCompiler.JNE_K"] = "BPF_JMP | BPF_JNE | BPF_K",
        ["DeviceProgramCompiler.JSET_K"] = "BPF_JMP | BPF_JSET | BPF_K",
        ["DeviceProgramCompiler.JA"] = "BPF_JMP | BPF_JA",
        ["DeviceProgramCompiler.EXIT"] = "BPF_JMP | BPF_EXIT",
        ["LookupProgram.LDX_W"] = "BPF_LDX | BPF_W | BPF_MEM",
        ["LookupProgram.STX_W"] = "BPF_STX | BPF_W | BPF_MEM",
        ["LookupProgram.LD_DW"] = "BPF_LD | BPF_DW | BPF_IMM",
        ["LookupProgram.MOV64_K"] = "BPF_ALU64 | BPF_MOV | BPF_K",
        ["LookupProgram.MOV64_X"] = "BPF_ALU64 | BPF_MOV | BPF_X",
        ["LookupProgram.ADD64_K"] = "BPF_ALU64 | BPF_ADD | BPF_K",
        ["LookupProgram.JEQ_K"] = "BPF_JMP | BPF_JEQ | BPF_K",
        ["LookupProgram.JNE_K"] = "BPF_JMP | BPF_JNE | BPF_K",
        ["LookupProgram.CALL"] = "BPF_JMP | BPF_CALL",
        ["LookupProgram.EXIT"] = "BPF_JMP | BPF_EXIT",
        ["LookupProgram.BPF_FUNC_map_lookup_elem"] = "BPF_FUNC_map_lookup_elem",
        ["LookupProgram.BPF_FUNC_sk_release"] = "BPF_FUNC_sk_release",
        ["LookupProgram.BPF_FUNC_sk_assign"] = "BPF_FUNC_sk_assign",
        // glibc's SIGRTMIN is a call, since it keeps two signals for itself: 32 + 2. The kernel's last signal is _NSIG.
        ["Signals.SIGRTMIN"] = "__SIGRTMIN + 2",
        ["Signals.SIGRTMAX"] = "_NSIG - 1",
    };

    /// <summary>
    /// Names that Debian 12's headers lack, with the kernel that brought them, or the file in which only the kernel
    /// itself has them. Checked where headers are newer.
    /// </summary>
    public static readonly Dictionary<string, string> NewerThanHeaders = new()
    {
        ["MQUEUE_MAGIC"] = "ipc/mqueue.c",
        ["struct pidfd_info"] = "Linux 6.13",
        ["PIDFD_GET_INFO"] = "Linux 6.13",
        ["PIDFD_INFO_EXIT"] = "Linux 6.15",
        ["MOVE_MOUNT_BENEATH"] = "Linux 6.5",
        ["__NR_statmount"] = "Linux 6.8",
        ["__NR_listmount"] = "Linux 6.8",
    };
}
