namespace Skiff.Interop.Seccomp;

/// <summary>
/// Capability names as profiles spell them; a name's position is its number in &lt;linux/capability.h&gt;.
/// </summary>
internal static class CapabilityNumbers
{
    internal const int DacReadSearch = 2;
    internal const int SysModule = 16;
    internal const int SysRawio = 17;
    internal const int SysChroot = 18;
    internal const int SysPtrace = 19;
    internal const int SysPacct = 20;
    internal const int SysAdmin = 21;
    internal const int SysBoot = 22;
    internal const int SysNice = 23;
    internal const int SysTime = 25;
    internal const int SysTtyConfig = 26;
    internal const int Syslog = 34;
    internal const int Perfmon = 38;
    internal const int Bpf = 39;

    private static readonly string[] s_names =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
        "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
        "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
        "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>The number of <c>CAP_SYS_ADMIN</c> and its kind; -1 for an unknown name.</summary>
    internal static int Find(string name) => Array.IndexOf(s_names, name);
}
