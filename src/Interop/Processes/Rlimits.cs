using System.Globalization;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Processes;

/// <summary>Names of resource limits as Docker's <c>--ulimit</c> spells them, and its syntax.</summary>
public static class Rlimits
{
    /// <summary>RLIM_INFINITY: no limit.</summary>
    public const ulong Infinity = ulong.MaxValue;

    // The position is the kernel's RLIMIT_ number, the same on x64 and arm64.
    private static readonly string[] Names =
    [
        "cpu", "fsize", "data", "stack", "core", "rss", "nproc", "nofile", "memlock", "as", "locks", "sigpending",
        "msgqueue",
        "nice", "rtprio", "rttime",
    ];

    /// <summary><c>nofile</c> for 7.</summary>
    public static string NameOf(int resource) =>
        resource >= 0 && resource < Names.Length ? Names[resource] : $"{resource}";

    /// <summary>The number of <c>nofile</c>, <c>NOFILE</c> or <c>RLIMIT_NOFILE</c>.</summary>
    public static bool TryParseName(ReadOnlySpan<char> name, out int resource)
    {
        if (name.StartsWith("RLIMIT_", StringComparison.OrdinalIgnoreCase)) name = name[7..];
        for (resource = 0; resource < Names.Length; resource++)
            if (name.Equals(Names[resource], StringComparison.OrdinalIgnoreCase)) return true;
        resource = -1;
        return false;
    }

    /// <summary>
    /// <c>nofile=1024:2048</c> or <c>nofile=1024</c> (both limits); -1 is no limit. A soft limit above the hard one is
    /// refused.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out Rlimit limit)
    {
        limit = default;
        int equals = text.IndexOf('=');
        if (equals < 0 || !TryParseName(text[..equals], out int resource)) return false;
        ReadOnlySpan<char> values = text[(equals + 1)..];
        int colon = values.IndexOf(':');
        if (!TryParseValue(colon < 0 ? values : values[..colon], out ulong soft)) return false;
        ulong hard = soft;
        if (colon >= 0 && !TryParseValue(values[(colon + 1)..], out hard)) return false;
        limit = new Rlimit(resource, soft, hard);
        return soft <= hard;
    }

    /// <summary>prlimit(2) on another process.</summary>
    public static unsafe void Set(int pid, Rlimit limit)
    {
        ulong* values = stackalloc ulong[2] { limit.Soft, limit.Hard }; // struct rlimit64.
        Native.Check(Native.syscall(SyscallNumbers.prlimit64, pid, limit.Resource, (nint)values, 0), "prlimit",
            limit.ToString());
    }

    private static bool TryParseValue(ReadOnlySpan<char> text, out ulong value)
    {
        value = Infinity;
        return text is "-1" || ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
