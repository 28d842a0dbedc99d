using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Processes;

/// <summary>
/// While alive, children of this thread are born in another PID namespace. Must be disposed on the thread that made it,
/// with no await in between; the thread cannot start threads meanwhile, as the kernel refuses those across PID
/// namespaces.
/// </summary>
internal sealed class PidNamespaceScope : IDisposable
{
    private readonly Fd _own;

    /// <summary>setns(2) to the PID namespace of <paramref name="target"/>, a pidfd or nsfs descriptor.</summary>
    internal PidNamespaceScope(Fd target)
    {
        _own = Files.Open("/proc/self/ns/pid", OpenFlags.O_RDONLY);
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

    /// <summary>Back to the process' own namespace.</summary>
    public void Dispose()
    {
        using (_own) Enter(_own);
    }

    /// <summary>setns(2), for good.</summary>
    internal static void Enter(Fd target)
    {
        nint r = Native.syscall(SyscallNumbers.setns, target.Number, (nint)CloneFlags.CLONE_NEWPID);
        if (r == -1) throw new LinuxException(Native.LastErrno, "setns(CLONE_NEWPID)", target.ToString());
    }
}
