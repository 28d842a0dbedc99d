using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Processes;

/// <summary>Whom this process acts as.</summary>
public static class ProcessIds
{
    /// <summary>geteuid(2).</summary>
    public static uint EffectiveUser => (uint)Native.syscall(SyscallNumbers.geteuid);

    /// <summary>getegid(2).</summary>
    public static uint EffectiveGroup => (uint)Native.syscall(SyscallNumbers.getegid);
}
