using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Processes;

/// <summary>
/// While alive, this thread is in another network namespace: sockets that it opens belong there. Must be disposed on
/// the thread that made it, with no await in between. Costs a few microseconds, where a child that opens one socket
/// (<see cref="NetNamespace"/>) costs a clone.
/// </summary>
public readonly ref struct NetNamespaceScope : IDisposable
{
    private readonly Fd _own;

    /// <summary>setns(2) to <paramref name="target"/>, an nsfs descriptor. CAP_SYS_ADMIN there.</summary>
    public NetNamespaceScope(Fd target)
    {
        _own = Files.Open("/proc/thread-self/ns/net", OpenFlags.O_RDONLY);
        try
        {
            Enter(target);
        }
        catch
        {
            _own.Dispose();
            throw;
        }
    }

    /// <summary>Back to where the thread was.</summary>
    public void Dispose()
    {
        using (_own) Enter(_own);
    }

    private static void Enter(Fd target)
    {
        if (Native.syscall(SyscallNumbers.setns, target.Number, (nint)CloneFlags.CLONE_NEWNET) == -1)
            throw new LinuxException(Native.LastErrno, "setns(CLONE_NEWNET)", target.ToString());
    }
}
