using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop;

/// <summary>
/// Limits on what is stored below a directory, for filesystems with project quotas (ext4, xfs, f2fs mounted with
/// prjquota): a project is a number that a directory hands down to everything made in it.
/// </summary>
public static unsafe class ProjectQuota
{
    private const long FS_IOC_FSGETXATTR = 0x801C581F, FS_IOC_FSSETXATTR = 0x401C5820;
    private const uint FS_XFLAG_PROJINHERIT = 0x200;
    private const int GetQuota = (0x800007 << 8) | 2, SetQuota = (0x800008 << 8) | 2; // QCMD(Q_…QUOTA, PRJQUOTA)
    private const uint QIF_BLIMITS = 1;
    private const int BlockBytes = 1024;

    /// <summary>
    /// Makes <paramref name="directory"/>, an empty one, a part of the project: everything in it will be, too.
    /// </summary>
    /// <returns>EOPNOTSUPP or ENOTTY where the filesystem has no projects.</returns>
    public static Errno TryJoin(Fd directory, uint project)
    {
        fsxattr attributes = default;
        // SAFETY: one struct on this frame, of the size that the request number names.
        if (Native.syscall(SyscallNumbers.ioctl, directory.Number, unchecked((nint)FS_IOC_FSGETXATTR),
            (nint)(&attributes)) == -1) return Native.LastErrno;
        attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
        attributes.fsx_projid = project;
        return Native.syscall(SyscallNumbers.ioctl, directory.Number, unchecked((nint)FS_IOC_FSSETXATTR),
            (nint)(&attributes)) == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>
    /// quotactl_fd(2), Linux 5.14: how many files and directories the project has, and its limit (0: none).
    /// </summary>
    /// <returns>ESRCH where quotas are off, ENOSYS where the kernel has none.</returns>
    public static Errno TryGet(Fd directory, uint project, out long files, out long maxBytes)
    {
        if_dqblk quota = default;
        Errno errno = Control(directory, GetQuota, project, &quota);
        (files, maxBytes) = ((long)quota.dqb_curinodes, (long)quota.dqb_bhardlimit * BlockBytes);
        return errno;
    }

    /// <summary>quotactl_fd(2): sets the limit; 0 takes it away.</summary>
    public static Errno TrySet(Fd directory, uint project, long maxBytes)
    {
        var quota = new if_dqblk
        {
            dqb_bhardlimit = (ulong)((maxBytes + BlockBytes - 1) / BlockBytes), dqb_valid = QIF_BLIMITS,
        };
        return Control(directory, SetQuota, project, &quota);
    }

    // SAFETY: the struct is on the caller's frame.
    private static Errno Control(Fd directory, int command, uint project, if_dqblk* quota) =>
        Native.syscall(SyscallNumbers.quotactl_fd, directory.Number, command, (nint)project, (nint)quota) == -1
            ? Native.LastErrno : Errno.None;
}
