using System.Runtime.InteropServices;

namespace Skiff.Interop.Processes;

/// <summary>The calling process's share of the processors.</summary>
public static partial class SchedulingPriority
{
    /// <summary>nice(2): the higher, the more it leaves to others. Lowering the own share needs no rights.</summary>
    public static void Lower(int increment) => nice(increment);

    [LibraryImport("libc")]
    private static partial int nice(int increment);
}
