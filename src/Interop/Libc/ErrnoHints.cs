namespace Skiff.Interop;

/// <summary>What to check when a call fails with an errno that misleads; one table, tested.</summary>
public static class ErrnoHints
{
    private const string NoSuchId = "the user namespace has no such user or group: a rootless user's are those of "
        + "/etc/subuid and /etc/subgid";

    private static readonly (string Call, Errno Errno, string Hint)[] Table =
    [
        ("mount", Errno.ENOSPC, "the mount namespace is full: raise /proc/sys/fs/mount-max"),
        ("move_mount", Errno.ENOSPC, "the mount namespace is full: raise /proc/sys/fs/mount-max"),
        ("clone3", Errno.ENOSPC, "a namespace limit is reached: see /proc/sys/user/max_*_namespaces"),
        ("clone3", Errno.EAGAIN, "the process limit is reached: see pids.max of the cgroup and ulimit -u"),
        ("unshare", Errno.ENOSPC, "a namespace limit is reached: see /proc/sys/user/max_*_namespaces"),
        ("write cgroup", Errno.EBUSY, "a cgroup with controllers enabled for children must hold no process itself"),
        ("write cgroup", Errno.EOPNOTSUPP, "a weight of one device needs its scheduler to be bfq, or io.cost.qos"),
        ("inotify_add_watch", Errno.ENOSPC, "no inotify watches left: raise /proc/sys/fs/inotify/max_user_watches"),
        ("execve", Errno.ENOENT, "the file, or the interpreter that it names, is missing"),
        ("bpf", Errno.EPERM, "loading a device program needs CAP_BPF or CAP_SYS_ADMIN"),
        ("setresuid", Errno.EINVAL, NoSuchId), ("setresgid", Errno.EINVAL, NoSuchId),
        ("fchown", Errno.EINVAL, NoSuchId), ("fchownat", Errno.EINVAL, NoSuchId),
        ("fsconfig", Errno.EINVAL, "the filesystem refused the option: see dmesg"),
        ("RTM_NEWLINK", Errno.EOPNOTSUPP,
            "the kernel lacks this kind of link: load its module (bridge, veth, macvlan, ipvlan, dummy, 8021q)"),
        ("NFT_MSG_NEWCHAIN", Errno.ENOENT, "the kernel lacks NAT for nf_tables: load the module nft_chain_nat"),
        ("NFT_MSG_NEWRULE", Errno.ENOENT, "a module is missing: nft_fib_inet, nft_ct, nft_nat or nft_masq"),
        ("nf_tables transaction", Errno.EOPNOTSUPP, "the kernel lacks nf_tables: load the module nf_tables"),
    ];

    // Calls that store something. The same errnos mean other things elsewhere: a full table, a limit, a dead peer.
    private static readonly string[] StoringCalls =
    [
        "fallocate", "fchmod", "fchmodat", "fchown", "fchownat", "fdatasync", "fsetxattr", "fsync", "ftruncate",
        "linkat", "mkdir", "mkdirat", "mknodat", "openat", "openat2", "pwrite", "rename", "renameat2", "setxattr",
        "symlink", "symlinkat", "syncfs", "utimensat", "write",
    ];

    private static readonly (Errno Errno, string Hint)[] StoringHints =
    [
        (Errno.ENOSPC, "the disk is full (see df, and df -i for inodes): free some space, for example with "
            + "`skiff system prune`, and try again"),
        (Errno.EDQUOT, "the quota of this directory is used up: raise it or free some space, for example with "
            + "`skiff system prune`, and try again"),
        (Errno.EIO, "the disk failed to do it: see dmesg"),
    ];

    /// <summary>The hint for <paramref name="call"/> (its bare name, arguments ignored), or null when there is
    /// none.</summary>
    public static string? For(string call, Errno errno)
    {
        foreach (var row in Table)
            if (row.Errno == errno && call.StartsWith(row.Call, StringComparison.Ordinal)
                && (call.Length == row.Call.Length || !IsWord(call[row.Call.Length])))
                return row.Hint;
        foreach (var row in StoringHints)
            if (row.Errno == errno && Array.IndexOf(StoringCalls, call) >= 0) return row.Hint;
        return null;
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
