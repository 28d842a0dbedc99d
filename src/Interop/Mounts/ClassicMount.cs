using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop;

/// <summary>mount(2) and umount2(2).</summary>
public static unsafe class ClassicMount
{
    /// <summary>MS_RDONLY.</summary>
    public const ulong ReadOnly = 1;

    /// <summary>MS_BIND.</summary>
    public const ulong Bind = 4096;

    /// <summary>MS_PRIVATE.</summary>
    public const ulong Private = 1 << 18;

    /// <summary>mount(2); null for arguments that the operation ignores.</summary>
    public static Errno TryMount(string? source, string target, string? type, ulong flags, string? data)
    {
        using var s = new NativePath(source ?? "");
        using var t = new NativePath(target);
        using var f = new NativePath(type ?? "");
        using var d = new NativePath(data ?? "");
        fixed (byte* ps = s.Bytes, pt = t.Bytes, pf = f.Bytes, pd = d.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Native.syscall(SyscallNumbers.mount, (nint)ps, (nint)pt, (nint)pf, (nint)flags, (nint)pd) == -1
                ? Native.LastErrno : Errno.None;
    }

    /// <summary>umount2(2) with UMOUNT_NOFOLLOW, and MNT_DETACH when <paramref name="detach"/>.</summary>
    public static Errno TryUnmount(string target, bool detach = false)
    {
        using var t = new NativePath(target);
        fixed (byte* pt = t.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Native.syscall(SyscallNumbers.umount2, (nint)pt, 8 | (detach ? 2 : 0)) == -1 ? Native.LastErrno : Errno.None;
    }
}
