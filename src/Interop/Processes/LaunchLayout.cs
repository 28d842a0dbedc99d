using System.Runtime.InteropServices;

namespace Skiff.Interop.Processes;

/// <summary>What the launch routine reads first; shared by parent and child.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LaunchHeader
{
    /// <summary>The first step.</summary>
    internal NativeStep* First;

    /// <summary>The step that the child works on, or stopped at.</summary>
    internal NativeStep* Current;

    /// <summary>
    /// 0 while running and after exec or exit; an errno when a call failed; -1 when a stop step was reached.
    /// </summary>
    internal long Outcome;
}

/// <summary>One step as the launch routine reads it; 112 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeStep
{
    /// <summary>The system call's number; negative stops the program.</summary>
    internal long Number;

    /// <summary>The arguments, or the addresses to read them from.</summary>
    internal fixed long Arguments[6];

    /// <summary>Where the result goes.</summary>
    internal long* Result;

    /// <summary>Bit n: argument n is read from memory.</summary>
    internal uint Indirect;

    /// <summary>Bytes to skip after success.</summary>
    internal uint SkipAfterSuccess;

    /// <summary>Bytes to skip after a listed errno.</summary>
    internal uint SkipAfterListed;

    /// <summary>Bytes to skip after any other errno; 0 stops the program.</summary>
    internal uint SkipAfterOther;

    /// <summary>The listed errnos, 0 to 127.</summary>
    internal UInt128 ListedLow;

    /// <summary>The listed errnos, 128 to 255.</summary>
    internal UInt128 ListedHigh;
}

/// <summary>struct clone_args of clone3(2), Linux 5.7; 88 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct clone_args
{
    internal ulong flags;
    internal int* pidfd;
    internal ulong child_tid;
    internal ulong parent_tid;
    internal ulong exit_signal;
    internal void* stack;
    internal ulong stack_size;
    internal ulong tls;
    internal ulong set_tid;
    internal ulong set_tid_size;
    internal ulong cgroup;
}
