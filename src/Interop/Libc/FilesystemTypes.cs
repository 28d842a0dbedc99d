namespace Skiff.Interop;

/// <summary>Magic numbers of filesystems (f_type of statfs(2), linux/magic.h).</summary>
public static class FilesystemTypes
{
    /// <summary>EROFS.</summary>
    public const ulong EROFS_SUPER_MAGIC_V1 = 0xE0F5E1E2;

    /// <summary>cgroup v2.</summary>
    public const ulong CGROUP2_SUPER_MAGIC = 0x63677270;

    /// <summary>overlayfs.</summary>
    public const ulong OVERLAYFS_SUPER_MAGIC = 0x794C7630;

    /// <summary>tmpfs.</summary>
    public const ulong TMPFS_MAGIC = 0x01021994;

    /// <summary>ramfs: what an initramfs is.</summary>
    public const ulong RAMFS_MAGIC = 0x858458F6;

    /// <summary>ext2, ext3 and ext4.</summary>
    public const ulong EXT4_SUPER_MAGIC = 0xEF53;

    /// <summary>XFS.</summary>
    public const ulong XFS_SUPER_MAGIC = 0x58465342;

    /// <summary>Btrfs.</summary>
    public const ulong BTRFS_SUPER_MAGIC = 0x9123683E;

    /// <summary>F2FS.</summary>
    public const ulong F2FS_SUPER_MAGIC = 0xF2F52010;

    /// <summary>NFS.</summary>
    public const ulong NFS_SUPER_MAGIC = 0x6969;

    /// <summary>procfs.</summary>
    public const ulong PROC_SUPER_MAGIC = 0x9FA0;

    /// <summary>sysfs.</summary>
    public const ulong SYSFS_MAGIC = 0x62656572;

    /// <summary>Namespaces as files.</summary>
    public const ulong NSFS_MAGIC = 0x6E736673;

    /// <summary>Pseudo-terminals.</summary>
    public const ulong DEVPTS_SUPER_MAGIC = 0x1CD1;

    /// <summary>POSIX message queues.</summary>
    public const ulong MQUEUE_MAGIC = 0x19800202;

    /// <summary>
    /// Whether what is shown there are no files of anybody's, but the kernel's view of processes, devices and settings.
    /// </summary>
    public static bool IsPseudo(Fd file) => Files.TryStatFs(file, out FilesystemStatus status) == Errno.None
        && status.Type is PROC_SUPER_MAGIC or SYSFS_MAGIC or CGROUP2_SUPER_MAGIC or DEVPTS_SUPER_MAGIC
            or MQUEUE_MAGIC;
}
