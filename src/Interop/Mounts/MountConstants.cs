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

    /// <summary>Access times: as MS_RELATIME (the default).</summary>
    public const uint MOUNT_ATTR_RELATIME = 0;

    /// <summary>The bits that choose how access times are updated; clear them all before setting one.</summary>
    public const uint MOUNT_ATTR__ATIME = 0x70;

    /// <summary>Never update access times.</summary>
    public const uint MOUNT_ATTR_NOATIME = 0x10;

    /// <summary>No access times of directories.</summary>
    public const uint MOUNT_ATTR_NODIRATIME = 0x80;

    /// <summary>Map ids by a user namespace (Linux 5.12).</summary>
    public const uint MOUNT_ATTR_IDMAP = 0x100000;

    /// <summary>Follow no symlinks (Linux 5.14).</summary>
    public const uint MOUNT_ATTR_NOSYMFOLLOW = 0x200000;

    /// <summary>mount(2): write synchronously.</summary>
    public const ulong MS_SYNCHRONOUS = 16;

    /// <summary>mount(2): mandatory locks; without effect since Linux 5.15.</summary>
    public const ulong MS_MANDLOCK = 64;

    /// <summary>mount(2): directories are written synchronously.</summary>
    public const ulong MS_DIRSYNC = 128;

    /// <summary>mount(2): follow no symlinks (Linux 5.10).</summary>
    public const ulong MS_NOSYMFOLLOW = 256;

    /// <summary>mount(2): never update access times.</summary>
    public const ulong MS_NOATIME = 1024;

    /// <summary>mount(2): no access times of directories.</summary>
    public const ulong MS_NODIRATIME = 2048;

    /// <summary>mount(2): move a mount.</summary>
    public const ulong MS_MOVE = 8192;

    /// <summary>mount(2): no messages in the kernel log.</summary>
    public const ulong MS_SILENT = 32768;

    /// <summary>mount(2): access times are updated when older than the modification.</summary>
    public const ulong MS_RELATIME = 1 << 21;

    /// <summary>mount(2): the inode's version is maintained.</summary>
    public const ulong MS_I_VERSION = 1 << 23;

    /// <summary>mount(2): always update access times.</summary>
    public const ulong MS_STRICTATIME = 1 << 24;

    /// <summary>mount(2): times are kept in memory for a while.</summary>
    public const ulong MS_LAZYTIME = 1 << 25;

    /// <summary>umount2(2): abort waiting requests of a network filesystem.</summary>
    public const int MNT_FORCE = 1;

    /// <summary>umount2(2): unmount only what was unused since the last such call.</summary>
    public const int MNT_EXPIRE = 4;

    /// <summary>move_mount(2): follow a symlink of the source.</summary>
    public const uint MOVE_MOUNT_F_SYMLINKS = 0x1;

    /// <summary>move_mount(2): follow a symlink of the target.</summary>
    public const uint MOVE_MOUNT_T_SYMLINKS = 0x10;

    /// <summary>move_mount(2): slip the mount beneath the top one (Linux 6.5).</summary>
    public const uint MOVE_MOUNT_BENEATH = 0x200;

    /// <summary>fsconfig(2) command: set bytes.</summary>
    public const uint FSCONFIG_SET_BINARY = 2;

    /// <summary>fsconfig(2) command: set a path.</summary>
    public const uint FSCONFIG_SET_PATH = 3;

    /// <summary>fsconfig(2) command: set a path that may be empty.</summary>
    public const uint FSCONFIG_SET_PATH_EMPTY = 4;

    /// <summary>fsconfig(2) command: set a descriptor.</summary>
    public const uint FSCONFIG_SET_FD = 5;

    /// <summary>fsconfig(2) command: apply new options to an existing superblock.</summary>
    public const uint FSCONFIG_CMD_RECONFIGURE = 7;

    /// <summary>fsmount(2): close-on-exec.</summary>
    public const uint FSMOUNT_CLOEXEC = 1;

    /// <summary>fspick(2): close-on-exec.</summary>
    public const uint FSPICK_CLOEXEC = 1;
}
