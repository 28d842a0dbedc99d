using System.Runtime.InteropServices;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop;

/// <summary>
/// Limits on what is stored below a directory, for filesystems with project quotas (ext4, xfs, f2fs mounted with
/// prjquota): a project is a number that a directory hands down to everything made in it.
/// </summary>
public static unsafe class ProjectQuota
{
    private const long GetAttributes = 0x801C581F, SetAttributes = 0x401C5820; // FS_IOC_FSGETXATTR, …SETXATTR
    private const uint InheritProject = 0x200; // FS_XFLAG_PROJINHERIT
    private const int GetQuota = (0x800007 << 8) | 2, SetQuota = (0x800008 << 8) | 2; // QCMD(Q_…QUOTA, PRJQUOTA)
    private const uint BlockLimits = 1; // QIF_BLIMITS
    private const int BlockBytes = 1024;

    /// <summary>
    /// Makes <paramref name="directory"/>, an empty one, a part of the project: everything in it will be, too.
    /// </summary>
    /// <returns>EOPNOTSUPP or ENOTTY where the filesystem has no projects.</returns>
    public static Errno TryJoin(Fd directory, uint project)
    {
        FileAttributes attributes = default;
        // SAFETY: one struct on this frame, of the size that the request number names.
        if (Native.syscall(SyscallNumbers.ioctl, directory.Number, unchecked((nint)GetAttributes),
            (nint)(&attributes)) == -1) return Native.LastErrno;
        attributes.fsx_xflags |= InheritProject;
        attributes.fsx_projid = project;
        return Native.syscall(SyscallNumbers.ioctl, directory.Number, unchecked((nint)SetAttributes),
            (nint)(&attributes)) == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>
    /// quotactl_fd(2), Linux 5.14: how many files and directories the project has, and its limit (0: none).
    /// </summary>
    /// <returns>ESRCH where quotas are off, ENOSYS where the kernel has none.</returns>
    public static Errno TryGet(Fd directory, uint project, out long files, out long maxBytes)
    {
        QuotaBlock quota = default;
        Errno errno = Control(directory, GetQuota, project, &quota);
        (files, maxBytes) = ((long)quota.dqb_curinodes, (long)quota.dqb_bhardlimit * BlockBytes);
        return errno;
    }

    /// <summary>quotactl_fd(2): sets the limit; 0 takes it away.</summary>
    public static Errno TrySet(Fd directory, uint project, long maxBytes)
    {
        var quota = new QuotaBlock
        {
            dqb_bhardlimit = (ulong)((maxBytes + BlockBytes - 1) / BlockBytes), dqb_valid = BlockLimits,
        };
        return Control(directory, SetQuota, project, &quota);
    }

    // SAFETY: the struct is on the caller's frame.
    private static Errno Control(Fd directory, int command, uint project, QuotaBlock* quota) =>
        Native.syscall(SyscallNumbers.quotactl_fd, directory.Number, command, (nint)project, (nint)quota) == -1
            ? Native.LastErrno : Errno.None;

    [StructLayout(LayoutKind.Sequential)]
    private struct FileAttributes
    {
        public uint fsx_xflags, fsx_extsize, fsx_nextents, fsx_projid, fsx_cowextsize;
        private readonly ulong _padding;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct QuotaBlock
    {
        public ulong dqb_bhardlimit, dqb_bsoftlimit, dqb_curspace, dqb_ihardlimit, dqb_isoftlimit, dqb_curinodes;
        public ulong dqb_btime, dqb_itime;
        public uint dqb_valid;
    }
}
