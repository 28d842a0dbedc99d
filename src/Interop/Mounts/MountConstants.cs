namespace Skiff.Interop.Mounts;

#pragma warning disable CA1707 // The names are the kernel's.
/// <summary>Constants of mount(2) and the mount API, linux/mount.h.</summary>
public static class MountConstants
{
    /// <summary>Read-only mount.</summary>
    public const uint MOUNT_ATTR_RDONLY = 0x1;

    /// <summary>Ignore set-user-ID and file capabilities.</summary>
    public const uint MOUNT_ATTR_NOSUID = 0x2;

    /// <summary>No device nodes.</summary>
    public const uint MOUNT_ATTR_NODEV = 0x4;

    /// <summary>No execution.</summary>
    public const uint MOUNT_ATTR_NOEXEC = 0x8;

    /// <summary>Always update access times.</summary>
    public const uint MOUNT_ATTR_STRICTATIME = 0x20;

    /// <summary>mount(2): read-only.</summary>
    public const ulong MS_RDONLY = 1;

    /// <summary>mount(2): ignore set-user-ID.</summary>
    public const ulong MS_NOSUID = 2;

    /// <summary>mount(2): no devices.</summary>
    public const ulong MS_NODEV = 4;

    /// <summary>mount(2): no execution.</summary>
    public const ulong MS_NOEXEC = 8;

    /// <summary>mount(2): change an existing mount.</summary>
    public const ulong MS_REMOUNT = 32;

    /// <summary>mount(2): bind mount.</summary>
    public const ulong MS_BIND = 4096;

    /// <summary>mount(2): with everything below.</summary>
    public const ulong MS_REC = 16384;

    /// <summary>Propagation: unbindable.</summary>
    public const ulong MS_UNBINDABLE = 1 << 17;

    /// <summary>Propagation: private.</summary>
    public const ulong MS_PRIVATE = 1 << 18;

    /// <summary>Propagation: receives only.</summary>
    public const ulong MS_SLAVE = 1 << 19;

    /// <summary>Propagation: both ways.</summary>
    public const ulong MS_SHARED = 1 << 20;

    /// <summary>open_tree(2): make a detached copy.</summary>
    public const uint OPEN_TREE_CLONE = 1;

    /// <summary>open_tree(2): close-on-exec.</summary>
    public const uint OPEN_TREE_CLOEXEC = 0x80000;

    /// <summary>With submounts.</summary>
    public const uint AT_RECURSIVE = 0x8000;

    /// <summary>The descriptor itself.</summary>
    public const uint AT_EMPTY_PATH = 0x1000;

    /// <summary>umount2(2): detach now, clean up when no longer busy.</summary>
    public const int MNT_DETACH = 2;

    /// <summary>umount2(2): don't follow a final symlink.</summary>
    public const int UMOUNT_NOFOLLOW = 8;

    /// <summary>move_mount(2): the source is the descriptor itself.</summary>
    public const uint MOVE_MOUNT_F_EMPTY_PATH = 0x4;

    /// <summary>move_mount(2): the target is the descriptor itself.</summary>
    public const uint MOVE_MOUNT_T_EMPTY_PATH = 0x40;

    /// <summary>fsconfig(2) command: set a flag.</summary>
    public const uint FSCONFIG_SET_FLAG = 0;

    /// <summary>fsconfig(2) command: set a string.</summary>
    public const uint FSCONFIG_SET_STRING = 1;

    /// <summary>fsconfig(2) command: create the superblock.</summary>
    public const uint FSCONFIG_CMD_CREATE = 6;

    /// <summary>fsopen(2) and fsmount(2): close-on-exec.</summary>
    public const uint FSOPEN_CLOEXEC = 1;

    /// <summary>fsconfig(2): a key with a descriptor.</summary>
    public const uint FSCONFIG_SET_FD = 5;

    /// <summary>fsconfig(2): apply to the superblock.</summary>
    public const uint FSCONFIG_CMD_RECONFIGURE = 7;

    /// <summary>fsmount(2): close-on-exec.</summary>
    public const uint FSMOUNT_CLOEXEC = 1;
}
