using System.Runtime.InteropServices;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Processes;

/// <summary>Capability names and numbers, Docker's default set, and the sets of this process.</summary>
public static unsafe class Capabilities
{
    // The position is the kernel's number.
    private static readonly string[] Names =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO",
        "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
        "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN",
        "SYSLOG",
        "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ];

    private static int s_last = -1;

    /// <summary>How many capabilities have a name here: those of Linux 5.9 and later.</summary>
    public static int Known => Names.Length;

    /// <summary>The 14 capabilities that Docker gives a container unless told otherwise.</summary>
    public static CapabilitySet Default { get; } = Of(
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
        "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE");

    /// <summary>The highest number that the running kernel knows (/proc/sys/kernel/cap_last_cap).</summary>
    public static int Last => s_last >= 0 ? s_last : s_last = ReadLast();

    /// <summary>Every capability of the running kernel.</summary>
    public static CapabilitySet All => new((1UL << (Last + 1)) - 1);

    /// <summary><c>CAP_CHOWN</c>; <c>CAP_63</c> for a number without a name.</summary>
    public static string NameOf(int bit) => bit >= 0 && bit < Names.Length ? "CAP_" + Names[bit] : $"CAP_{bit}";

    /// <summary>The number of <c>CAP_CHOWN</c>, <c>CHOWN</c> or <c>chown</c>.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out int bit)
    {
        if (name.StartsWith("CAP_", StringComparison.OrdinalIgnoreCase)) name = name[4..];
        for (bit = 0; bit < Names.Length; bit++)
            if (name.Equals(Names[bit], StringComparison.OrdinalIgnoreCase)) return true;
        bit = -1;
        return false;
    }

    /// <summary>
    /// Docker's <c>--cap-add</c> and <c>--cap-drop</c> over the default set. ALL in <paramref name="add"/> is
    /// everything but what is dropped by name, even beside ALL in <paramref name="drop"/>; that alone leaves what is
    /// added by name. A name that is both added and dropped stays, unless it was added by ALL.
    /// </summary>
    /// <param name="add">Names to add.</param>
    /// <param name="drop">Names to drop.</param>
    /// <param name="set">The result.</param>
    /// <param name="unknown">The first name that is no capability; null on success.</param>
    public static bool TryCompose(
        IReadOnlyList<string> add, IReadOnlyList<string> drop, out CapabilitySet set, out string? unknown)
    {
        set = default;
        if (!TryParseList(add, out CapabilitySet added, out bool addAll, out unknown)) return false;
        if (!TryParseList(drop, out CapabilitySet dropped, out bool dropAll, out unknown)) return false;
        if (addAll) set = All - dropped;
        else if (dropAll) set = added;
        else set = (Default - dropped) | added;
        return true;
    }

    /// <summary>The permitted, effective and inheritable set of the calling thread (capget(2)).</summary>
    public static (CapabilitySet Permitted, CapabilitySet Effective, CapabilitySet Inheritable) Current()
    {
        uint* header = stackalloc uint[2] { ProcessConstants._LINUX_CAPABILITY_VERSION_3, 0 };
        uint* data = stackalloc uint[6];
        // SAFETY: version 3 of the call writes two structs of three 32-bit fields.
        Native.Check(Native.syscall(SyscallNumbers.capget, (nint)header, (nint)data), "capget");
        return (Join(data[1], data[4]), Join(data[0], data[3]), Join(data[2], data[5]));
    }

    private static CapabilitySet Join(uint low, uint high) => new(low | (ulong)high << 32);

    private static CapabilitySet Of(params ReadOnlySpan<string> names)
    {
        ulong bits = 0;
        foreach (string name in names) bits |= 1UL << Names.IndexOf(name);
        return new CapabilitySet(bits);
    }

    private static bool TryParseList(
        IReadOnlyList<string> names, out CapabilitySet set, out bool all, out string? unknown)
    {
        ulong bits = 0;
        all = false;
        unknown = null;
        foreach (string name in names)
            if (name.Equals("ALL", StringComparison.OrdinalIgnoreCase)) all = true;
            else if (TryParse(name, out int bit)) bits |= 1UL << bit;
            else unknown ??= name;
        set = new CapabilitySet(bits);
        return unknown is null;
    }

    private static int ReadLast()
    {
        using Fd fd = Files.Open("/proc/sys/kernel/cap_last_cap", OpenFlags.O_RDONLY);
        Span<byte> buffer = stackalloc byte[16];
        int length = Files.Read(fd, buffer);
        return int.Parse(buffer[..length].TrimEnd((byte)'\n'), System.Globalization.CultureInfo.InvariantCulture);
    }
}
