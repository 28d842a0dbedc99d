using System.Globalization;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Processes;

/// <summary>Signal numbers and names (signal(7)); the same on x64 and arm64.</summary>
public static unsafe class Signals
{
    /// <summary>Hangup; many daemons reload on it.</summary>
    public const int SIGHUP = 1;

    /// <summary>Interrupt from the terminal.</summary>
    public const int SIGINT = 2;

    /// <summary>Quit from the terminal.</summary>
    public const int SIGQUIT = 3;

    /// <summary>Abort.</summary>
    public const int SIGABRT = 6;

    /// <summary>Ends the process; cannot be caught.</summary>
    public const int SIGKILL = 9;

    /// <summary>A pipe without readers.</summary>
    public const int SIGPIPE = 13;

    /// <summary>A polite request to end.</summary>
    public const int SIGTERM = 15;

    /// <summary>A child changed state.</summary>
    public const int SIGCHLD = 17;

    /// <summary>Continue after a stop.</summary>
    public const int SIGCONT = 18;

    /// <summary>Stops the process; cannot be caught.</summary>
    public const int SIGSTOP = 19;

    /// <summary>The terminal's size changed.</summary>
    public const int SIGWINCH = 28;

    /// <summary>The first real-time signal that libc leaves to programs.</summary>
    public const int SIGRTMIN = 34;

    /// <summary>The last signal.</summary>
    public const int SIGRTMAX = 64;

    private static readonly string[] Names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH",
        "IO", "PWR",
        "SYS",
    ];

    /// <summary>
    /// A signal from <c>SIGTERM</c>, <c>term</c>, <c>15</c>, <c>RTMIN+3</c> or <c>SIGRTMAX-2</c>. Numbers run from 1 to
    /// 64.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out int signal)
    {
        if (int.TryParse(text, NumberStyles.None, null, out signal)) return signal is >= 1 and <= SIGRTMAX;
        if (text.StartsWith("SIG", StringComparison.OrdinalIgnoreCase)) text = text[3..];
        for (signal = 1; signal < Names.Length; signal++)
            if (text.Equals(Names[signal], StringComparison.OrdinalIgnoreCase)) return true;
        return TryParseAlias(text, out signal) || TryParseRealTime(text, out signal);
    }

    /// <summary>
    /// The name with its prefix: <c>SIGTERM</c>, <c>SIGRTMIN+3</c>; the bare number when there is none.
    /// </summary>
    public static string NameOf(int signal) => signal switch
    {
        > 0 and < 32 => "SIG" + Names[signal],
        SIGRTMIN => "SIGRTMIN",
        > SIGRTMIN and <= SIGRTMAX => $"SIGRTMIN+{signal - SIGRTMIN}",
        _ => $"{signal}",
    };

    /// <summary>The signals that this process ignores; bit n - 1 stands for signal n.</summary>
    internal static ulong Ignored()
    {
        const ulong SIG_IGN = 1;
        ulong* action = stackalloc ulong[4];
        ulong ignored = 0;
        // SAFETY: struct kernel_sigaction is at most four 64-bit fields, the handler first.
        for (int signal = 1; signal <= SIGRTMAX; signal++)
            if (Native.syscall(SyscallNumbers.rt_sigaction, signal, 0, (nint)action, 8) == 0 && action[0] == SIG_IGN)
                ignored |= 1UL << (signal - 1);
        return ignored;
    }

    private static bool TryParseAlias(ReadOnlySpan<char> text, out int signal)
    {
        signal = 0;
        if (text.Equals("IOT", StringComparison.OrdinalIgnoreCase)) signal = SIGABRT;
        else if (text.Equals("CLD", StringComparison.OrdinalIgnoreCase)) signal = SIGCHLD;
        else if (text.Equals("POLL", StringComparison.OrdinalIgnoreCase)) signal = 29;
        return signal != 0;
    }

    private static bool TryParseRealTime(ReadOnlySpan<char> text, out int signal)
    {
        signal = 0;
        bool fromMinimum = text.StartsWith("RTMIN", StringComparison.OrdinalIgnoreCase);
        if (!fromMinimum && !text.StartsWith("RTMAX", StringComparison.OrdinalIgnoreCase)) return false;
        int offset = 0;
        ReadOnlySpan<char> rest = text[5..];
        bool valid = rest.IsEmpty || (rest[0] == (fromMinimum ? '+' : '-')
            && int.TryParse(rest[1..], NumberStyles.None, null, out offset)
            && offset <= SIGRTMAX - SIGRTMIN);
        signal = !valid ? 0 : fromMinimum ? SIGRTMIN + offset : SIGRTMAX - offset;
        return valid;
    }
}
