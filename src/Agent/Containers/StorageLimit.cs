using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Mounts;

namespace Skiff.Agent.Containers;

/// <summary><c>--storage-opt size=</c>: a project quota on what a container writes outside of its mounts.</summary>
internal static class StorageLimit
{
    // Other programs number projects from 1.
    private const uint FirstProject = 0x4000_0000;

    /// <summary>Limits the upper and work directories of a container, which are still empty.</summary>
    /// <exception cref="UsageException">The filesystem has no project quotas, or does not enforce them.</exception>
    public static void Apply(string directory, string id, long maxBytes)
    {
        using Fd container = Files.Open(directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        if (!IsEnforced(container)) throw Refused(directory, "it is not mounted with prjquota");
        uint project = FreeProject(container, id, directory);
        foreach (string part in (ReadOnlySpan<string>)["upper", "work"])
        {
            using Fd writable = Files.OpenAt(container, part, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
            Errno errno = ProjectQuota.TryJoin(writable, project);
            if (errno != Errno.None) throw Refused(directory, $"FS_IOC_FSSETXATTR: {ErrnoText.Of(errno)}");
        }
        Errno set = ProjectQuota.TrySet(container, project, maxBytes);
        if (set != Errno.None) throw Refused(directory, $"quotactl_fd(Q_SETQUOTA): {ErrnoText.Of(set)}");
    }

    /// <summary>Takes the limit of a container away whose directories have gone.</summary>
    public static void Release(string parent, string id)
    {
        using Fd directory = Files.Open(parent, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        for (uint project = FirstOf(id); ; project++)
        {
            if (ProjectQuota.TryGet(directory, project, out long files, out long max) != Errno.None || max == 0) return;
            // Another container has this number, if anything is left.
            if (files > 0) continue;
            ProjectQuota.TrySet(directory, project, 0);
            return;
        }
    }

    // A limited project has at least its two directories in it.
    private static uint FreeProject(Fd container, string id, string directory)
    {
        for (uint project = FirstOf(id); ; project++)
        {
            Errno errno = ProjectQuota.TryGet(container, project, out long files, out long max);
            if (errno is not (Errno.None or Errno.ENOENT))
                throw Refused(directory, $"quotactl_fd(Q_GETQUOTA): {ErrnoText.Of(errno)}");
            if (errno == Errno.ENOENT || (files == 0 && max == 0)) return project;
        }
    }

    private static uint FirstOf(string id) => FirstProject
        | uint.Parse(id.AsSpan(0, 7), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private static bool IsEnforced(Fd directory)
    {
        FileStatus status = Files.Stat(directory);
        foreach (MountInfo mount in MountInfo.Read())
            if (mount.Major == status.DevMajor && mount.Minor == status.DevMinor
                && (MountInfo.HasOption(mount.SuperOptions, "prjquota")
                    || MountInfo.HasOption(mount.SuperOptions, "pquota"))) return true;
        return false;
    }

    private static UsageException Refused(string directory, string why) => new(
        $"--storage-opt size is supported only on filesystems with project quotas: {directory}: {why} (ext4: mkfs or "
        + "tune2fs -O quota,project and mount -o prjquota; xfs: mount -o prjquota)", 125);
}
