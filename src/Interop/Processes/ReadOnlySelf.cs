using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Processes;

/// <summary>
/// This process' own program, for executing it again so that no container can write to it. A process inside a container
/// that gets hold of /proc/PID/exe could otherwise open the host's binary for writing once nobody executes it
/// (CVE-2019-5736).
/// </summary>
public static unsafe class ReadOnlySelf
{
    private const string Self = "/proc/self/exe";
    private const uint OPEN_TREE_CLONE = 1;
    private const uint OPEN_TREE_CLOEXEC = 0x80000;
    private const int AT_EMPTY_PATH = 0x1000;
    private const int MountAttrLength = 32;
    private const ulong MOUNT_ATTR_RDONLY = 1;
    private const ulong MOUNT_ATTR_NODEV = 4;

    /// <summary>
    /// The program through a detached bind mount of its own that is read-only (open_tree(2) and mount_setattr(2), Linux
    /// 5.12), for execveat(2). Where the kernel or the rights do not allow that, it is the plain file, and
    /// <paramref name="isProtected"/> is false: the file's own permissions are then all that protects it.
    /// </summary>
    public static Fd Open(out bool isProtected)
    {
        Fd? mount = TryCloneReadOnly(Self);
        isProtected = mount is not null;
        return mount ?? Files.Open(Self, OpenFlags.O_RDONLY);
    }

    /// <summary>The mount for any file; null when the kernel refuses.</summary>
    internal static Fd? TryCloneReadOnly(string program)
    {
        using var path = new NativePath(program);
        nint r;
        fixed (byte* p = path.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            r = Native.syscall(SyscallNumbers.open_tree, Fd.Cwd.Number, (nint)p,
                (nint)(OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC));
        if (r == -1) return null;
        var mount = new Fd((int)r);
        ulong* attributes = stackalloc ulong[4] { MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV, 0, 0, 0 };
        byte empty = 0;
        // SAFETY: struct mount_attr is 32 bytes on this stack, the path an empty string beside it.
        r = Native.syscall(
            SyscallNumbers.mount_setattr, mount.Number, (nint)(&empty), AT_EMPTY_PATH, (nint)attributes,
                MountAttrLength);
        if (r == 0) return mount;
        mount.Dispose();
        return null;
    }
}
