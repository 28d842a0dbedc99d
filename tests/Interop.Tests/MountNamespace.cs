using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Skiff.Interop.Tests;

/// <summary>
/// Runs a test on a thread of its own in a fresh, private mount namespace: whatever it mounts is gone when the thread
/// ends, also when it fails.
/// </summary>
internal static unsafe partial class MountNamespace
{
    private const int CLONE_NEWNS = 0x20000;
    private const int CLONE_FS = 0x200;
    private const ulong MS_REC_PRIVATE = 0x4000 | 0x40000;

    public static void Run(Action test)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Enter();
                test();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    private static void Enter()
    {
        if (unshare(CLONE_NEWNS | CLONE_FS) == -1)
            throw new InvalidOperationException(
                $"unshare: errno {Marshal.GetLastPInvokeError()}; run the tests as root");
        fixed (byte* root = "/\0"u8)
            if (mount(null, root, null, MS_REC_PRIVATE, null) == -1)
                throw new InvalidOperationException($"mount --make-rprivate /: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mount(byte* source, byte* target, byte* type, ulong flags, void* data);
}
