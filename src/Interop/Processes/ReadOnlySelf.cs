using Skiff.Interop.Libc;
using Skiff.Interop.Mounts;
using Skiff.Interop.Syscalls;

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

    /// <summary>
    /// Executes this program again through such a mount, with the same arguments and environment, unless it runs from a
    /// read-only mount already: for a process that a container will share memory or a PID namespace with. Returns when
    /// there is nothing to do, or where the kernel does not allow it. Inherited descriptors stay open.
    /// </summary>
    public static void ExecuteAgain()
    {
        if (Files.TryStatFs(Self, out FilesystemStatus status) == Errno.None && status.IsReadOnly) return;
        using Fd program = Open(out bool isProtected);
        if (isProtected) Exec(program, Environment.GetCommandLineArgs(), Spawn.Environment());
    }

    private static unsafe void Exec(Fd program, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        using var memory = new LaunchProgram();
        LaunchMemory argv = memory.TextArray(arguments), envp = memory.TextArray(environment);
        byte empty = 0;
        // SAFETY: both arrays live in the program's memory; on success this process has become another program.
        Native.syscall(SyscallNumbers.execveat, program.Number, (nint)(&empty), argv.Address, envp.Address,
            ProcessConstants.AT_EMPTY_PATH);
        throw new LinuxException(Native.LastErrno, "execveat", program.ToString(), "executing itself again");
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
