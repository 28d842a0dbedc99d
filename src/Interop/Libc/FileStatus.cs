namespace Skiff.Interop;

/// <summary>What statx(2) says about a file. Times are in the system's real-time clock.</summary>
public readonly record struct FileStatus
{
    /// <summary>Type and permission bits (st_mode).</summary>
    public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    public uint Uid { get; init; }

    /// <summary>Group.</summary>
    public uint Gid { get; init; }

    /// <summary>Length in bytes.</summary>
    public long Size { get; init; }

    /// <summary>Bytes allocated on disk.</summary>
    public long AllocatedBytes { get; init; }

    /// <summary>Last change of the content: seconds since 1970, may be negative.</summary>
    public long MtimeSeconds { get; init; }

    /// <summary>Last change of the content: nanoseconds within the second.</summary>
    public uint MtimeNanoseconds { get; init; }

    /// <summary>The last change of the content, as a time.</summary>
    public DateTimeOffset Modified => DateTimeOffset.FromUnixTimeSeconds(MtimeSeconds).AddTicks(MtimeNanoseconds / 100);

    /// <summary>Inode number.</summary>
    public ulong Ino { get; init; }

    /// <summary>Number of hard links.</summary>
    public uint Nlink { get; init; }

    /// <summary>Major number of the device that holds the file.</summary>
    public uint DevMajor { get; init; }

    /// <summary>Minor number of the device that holds the file.</summary>
    public uint DevMinor { get; init; }

    /// <summary>Major number of the device that the file is.</summary>
    public uint RdevMajor { get; init; }

    /// <summary>Minor number of the device that the file is.</summary>
    public uint RdevMinor { get; init; }

    /// <summary>The mount's id, as in the first column of mountinfo (Linux 5.8).</summary>
    public ulong MountId { get; init; }

    /// <summary>Whether this is the root of a mount (STATX_ATTR_MOUNT_ROOT, Linux 5.8).</summary>
    public bool IsMountRoot { get; init; }

    /// <summary>The type alone.</summary>
    public FileType Type => (FileType)(Mode >> 12);

    /// <summary>The twelve permission bits alone.</summary>
    public uint Permissions => Mode & 0xFFF;

    /// <summary>Whether this is a directory.</summary>
    public bool IsDirectory => Type == FileType.DT_DIR;

    /// <summary>Whether this is a regular file.</summary>
    public bool IsRegular => Type == FileType.DT_REG;

    /// <summary>Whether this is a symlink.</summary>
    public bool IsSymlink => Type == FileType.DT_LNK;
}
