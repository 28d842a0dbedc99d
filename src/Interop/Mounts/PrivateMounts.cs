using System.Runtime.ExceptionServices;
using Skiff.Interop.Libc;
using Skiff.Interop.Processes;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Mounts;

/// <summary>
/// Work in a mount namespace of its own: mounts are put together there that the host never shows. Only since Linux 6.15
/// can detached mounts be attached to each other without one.
/// </summary>
public static class PrivateMounts
{
    /// <summary>
    /// Runs <paramref name="work"/> on a thread of its own whose mounts, a copy of the host's, are private (unshare(2)
    /// with CLONE_NEWNS, which gives that thread a working directory of its own too). The thread ends with it: what is
    /// to stay has to be a descriptor (<see cref="Mounts.CloneTree"/>).
    /// </summary>
    public static T Run<T>(Func<T> work)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Native.Check(Native.syscall(SyscallNumbers.unshare, (nint)CloneFlags.CLONE_NEWNS), "unshare",
                    "CLONE_NEWNS");
                Mounts.SetPropagation("/", MountConstants.MS_PRIVATE, recursive: true);
                result = work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }
}
