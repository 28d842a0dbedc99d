using System.Runtime.InteropServices;

namespace Skiff.Interop.Libc;

/// <summary>
/// Native entry points that Tmds.LibC does not carry, and the helpers that turn results into values or exceptions.
/// </summary>
internal static unsafe partial class Native
{
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint syscall(
        nint number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0);

    [LibraryImport("libc")]
    internal static partial int close(int fd);

    /// <summary>The errno of the last call on this thread.</summary>
    internal static Errno LastErrno => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>Throws for -1; passes anything else through.</summary>
    internal static nint Check(nint result, string call, string? path = null) =>
        result == -1 ? throw new LinuxException(LastErrno, call, path) : result;
}
