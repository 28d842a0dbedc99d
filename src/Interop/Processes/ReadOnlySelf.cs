using Skiff.Interop.Mounts;

namespace Skiff.Interop.Processes;

/// <summary>
/// This process' own program, for executing it again so that no container can write to it. A process inside a container
/// that gets hold of /proc/PID/exe could otherwise open the host's binary for writing once nobody executes it
/// (CVE-2019-5736).
/// </summary>
public static class ReadOnlySelf
{
    private const string Self = "/proc/self/exe";

    /// <summary>
    /// The program through a detached bind mount of its own that is read-only (open_tree(2) and mount_setattr(2), Linux
    /// 5.12), for execveat(2). Where the kernel or the rights do not allow that, it is the plain file, and
    /// <paramref name="isProtected"/> is false: the file's own permissions are then all that protects it. In the
    /// process that executes it, /proc/self/exe reads as <c>/</c>: such a process doesn't know its own path.
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
        Fd? mount = null;
        try
        {
            mount = Mounts.Mounts.CloneTree(Fd.Cwd, program, recursive: false);
            Mounts.Mounts.SetAttributes(mount, MountConstants.MOUNT_ATTR_RDONLY | MountConstants.MOUNT_ATTR_NODEV);
            return mount;
        }
        catch (LinuxException)
        {
            mount?.Dispose();
            return null;
        }
    }
}
