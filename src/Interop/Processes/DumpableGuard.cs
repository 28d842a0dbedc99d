using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;
using static Skiff.Interop.Processes.ProcessConstants;

namespace Skiff.Interop.Processes;

/// <summary>
/// PR_SET_DUMPABLE 0 while any guard is alive, then back to what it was. The attribute belongs to the whole process, so
/// guards count themselves. It must be restored in any case: a child that changes ids clears it for the memory that it
/// shares.
/// </summary>
internal sealed class DumpableGuard : IDisposable
{
    private static readonly Lock s_lock = new();
    private static int s_alive;
    private static nint s_before;

    internal DumpableGuard()
    {
        lock (s_lock)
        {
            if (s_alive++ != 0) return;
            s_before = Native.Check(Native.syscall(SyscallNumbers.prctl, PR_GET_DUMPABLE), "prctl(PR_GET_DUMPABLE)");
            Native.Check(Native.syscall(SyscallNumbers.prctl, PR_SET_DUMPABLE, 0), "prctl(PR_SET_DUMPABLE)");
        }
    }

    public void Dispose()
    {
        lock (s_lock)
            // 2 ("suidsafe") can only be set by the kernel itself; 0 is the closest that a process may ask for.
            if (--s_alive == 0 && s_before == 1)
                Native.Check(Native.syscall(SyscallNumbers.prctl, PR_SET_DUMPABLE, 1), "prctl(PR_SET_DUMPABLE)");
    }
}
