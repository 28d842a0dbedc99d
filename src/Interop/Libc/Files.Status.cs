using Skiff.Interop.Libc;

namespace Skiff.Interop;

public static unsafe partial class Files
{
    private const uint STATX_BASIC_STATS = 0x7FF;
    private const uint STATX_MNT_ID = 0x1000;
    private const ulong STATX_ATTR_MOUNT_ROOT = 0x2000;
    private const long ReadOnlyMount = 1;

    /// <summary>statx(2) of <paramref name="path"/>, following a final symlink.</summary>
    public static FileStatus Stat(string path) => StatAt(Fd.Cwd, path, AtFlags.None);

    /// <summary>statx(2) of an open file.</summary>
    public static FileStatus Stat(Fd fd) => StatAt(fd, "", AtFlags.AT_EMPTY_PATH);

    /// <summary>As <see cref="TryStatAt"/>, throwing on failure.</summary>
    public static FileStatus StatAt(Fd directory, string path, AtFlags flags)
    {
        Errno errno = TryStatAt(directory, path, flags, out FileStatus status);
        return errno == Errno.None ? status : throw new LinuxException(errno, "statx", Where(directory, path));
    }

    /// <summary>
    /// statx(2). <see cref="AtFlags.AT_SYMLINK_NOFOLLOW"/> looks at a final symlink itself;
    /// <see cref="AtFlags.AT_EMPTY_PATH"/> with an empty path looks at the descriptor.
    /// </summary>
    public static Errno TryStatAt(Fd directory, string path, AtFlags flags, out FileStatus status)
    {
        statx raw;
        using var p = new NativePath(path);
        int r;
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call; raw is a whole struct statx.
            r = Native.statx_of(directory.Number, name, (int)flags, STATX_BASIC_STATS | STATX_MNT_ID, &raw);
        status = r == -1 ? default : Convert(raw);
        return Result(r);
    }

    /// <summary>Whether something is at <paramref name="path"/>, a dangling symlink included.</summary>
    public static bool Exists(string path) =>
        TryStatAt(Fd.Cwd, path, AtFlags.AT_SYMLINK_NOFOLLOW, out _) == Errno.None;

    /// <summary>statfs(2) of an open file's filesystem.</summary>
    public static Errno TryStatFs(Fd fd, out FilesystemStatus status)
    {
        statfs raw;
        int r; // SAFETY: raw is a whole struct statfs.
        do r = Native.fstatfs(fd.Number, &raw);
        while (r == -1 && Native.LastErrno == Errno.EINTR);
        status = r == -1 ? default : Convert(raw);
        return Result(r);
    }

    /// <summary>statfs(2) of the filesystem that holds <paramref name="path"/>.</summary>
    public static Errno TryStatFs(string path, out FilesystemStatus status)
    {
        statfs raw;
        using var p = new NativePath(path);
        int r;
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call; raw is a whole struct statfs.
        {
            do r = Native.statfs_of(name, &raw);
            while (r == -1 && Native.LastErrno == Errno.EINTR);
        }
        status = r == -1 ? default : Convert(raw);
        return Result(r);
    }

    private static FileStatus Convert(in statx raw) => new()
    {
        Mode = raw.stx_mode,
        Uid = raw.stx_uid,
        Gid = raw.stx_gid,
        Size = (long)raw.stx_size,
        AllocatedBytes = (long)raw.stx_blocks * 512,
        MtimeSeconds = raw.stx_mtime.tv_sec,
        MtimeNanoseconds = raw.stx_mtime.tv_nsec,
        Ino = raw.stx_ino,
        Nlink = raw.stx_nlink,
        DevMajor = raw.stx_dev_major,
        DevMinor = raw.stx_dev_minor,
        RdevMajor = raw.stx_rdev_major,
        RdevMinor = raw.stx_rdev_minor,
        MountId = raw.stx_mnt_id,
        IsMountRoot = (raw.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0,
    };

    private static FilesystemStatus Convert(in statfs raw)
    {
        ulong unit = (ulong)(raw.f_frsize == 0 ? raw.f_bsize : raw.f_frsize);
        return new FilesystemStatus((ulong)raw.f_type, (uint)raw.f_bsize, raw.f_blocks * unit, raw.f_bfree * unit,
            raw.f_bavail * unit, raw.f_files, raw.f_ffree) { IsReadOnly = (raw.f_flags & ReadOnlyMount) != 0 };
    }
}
