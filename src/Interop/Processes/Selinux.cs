namespace Skiff.Interop.Processes;

/// <summary>SELinux as far as a process that starts others needs it (selinux(8), selinuxfs).</summary>
public static class Selinux
{
    /// <summary>The extended attribute that holds a file's label.</summary>
    public const string Attribute = "security.selinux";

    /// <summary>Where selinuxfs is.</summary>
    public const string MountPoint = "/sys/fs/selinux";

    private const ulong SELINUX_MAGIC = 0xF97CFF8C;

    /// <summary>
    /// Whether the kernel labels processes: selinuxfs is mounted for writing, as libselinux wants it, and a policy is
    /// loaded. Without one everything is "kernel".
    /// </summary>
    public static bool IsEnabled => Files.TryStatFs(MountPoint, out FilesystemStatus status) == Errno.None
        && status.Type == SELINUX_MAGIC && !status.IsReadOnly
        && Files.TryReadAllBytes(Fd.Cwd, "/proc/self/attr/current", out byte[] label) == Errno.None
        && label.AsSpan().Contains((byte)':');
}
