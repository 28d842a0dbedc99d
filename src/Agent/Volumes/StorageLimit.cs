using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Mounts;

namespace Skiff.Agent.Volumes;

/// <summary>A project quota on directories of the engine's: what a container writes outside of its mounts, or a volume.
/// </summary>
internal static class StorageLimit
{
    /// <summary>The directories of a container that it limits, and what asked for it.</summary>
    public static readonly (string[] Parts, string Option) OfContainer = (["upper", "work"], "--storage-opt size");

    /// <summary>The same of a volume.</summary>
    public static readonly (string[] Parts, string Option) OfVolume = (["_data"], "the option size of a volume");

    // Other programs number projects from 1.
    private const uint FirstProject = 0x4000_0000;

    /// <summary>Limits directories that are still empty.</summary>
    /// <param name="what">Which, and for what.</param>
    /// <param name="directory">Where they are.</param>
    /// <param name="id">Hexadecimal digits of whom they belong to.</param>
    /// <param name="maxBytes">The limit.</param>
    /// <exception cref="UsageException">The filesystem has no project quotas, or does not enforce them.</exception>
    public static void Apply((string[] Parts, string Option) what, string directory, string id, long maxBytes)
    {
        using Fd owner = Files.Open(directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        if (!IsEnforced(owner)) throw Refused(what.Option, directory, "it is not mounted with prjquota");
        Errno errno = TryFindProject(owner, id, out uint project);
        if (errno != Errno.None)
            throw Refused(what.Option, directory, $"quotactl_fd(Q_GETQUOTA): {ErrnoText.Of(errno)}");
        foreach (string part in what.Parts)
        {
            using Fd writable = Files.OpenAt(owner, part, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
            errno = ProjectQuota.TryJoin(writable, project);
            if (errno != Errno.None) throw Refused(what.Option, directory, $"FS_IOC_FSSETXATTR: {ErrnoText.Of(errno)}");
        }
        errno = ProjectQuota.TrySet(owner, project, maxBytes);
        if (errno != Errno.None)
            throw Refused(what.Option, directory, $"quotactl_fd(Q_SETQUOTA): {ErrnoText.Of(errno)}");
    }

    /// <summary>Takes a limit away whose directories have gone.</summary>
    /// <param name="parent">A directory of the same filesystem.</param>
    /// <param name="id">As for <see cref="Apply"/>.</param>
    public static void Release(string parent, string id)
    {
        using Fd directory = Files.Open(parent, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        for (uint project = FirstOf(id); ; project++)
        {
            if (ProjectQuota.TryGet(directory, project, out long files, out long max) != Errno.None || max == 0) return;
            // Somebody else has this number, if anything is left.
            if (files > 0) continue;
            ProjectQuota.TrySet(directory, project, 0);
            return;
        }
    }

    // A limited project has at least its directories in it.
    private static Errno TryFindProject(Fd owner, string id, out uint project)
    {
        for (project = FirstOf(id); ; project++)
        {
            Errno errno = ProjectQuota.TryGet(owner, project, out long files, out long max);
            if (errno is not (Errno.None or Errno.ENOENT)) return errno;
            if (errno == Errno.ENOENT || (files == 0 && max == 0)) return Errno.None;
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

    private static UsageException Refused(string option, string directory, string why) => new(
        $"{option} is supported only on filesystems with project quotas: {directory}: {why} (ext4: mkfs or "
        + "tune2fs -O quota,project and mount -o prjquota; xfs: mount -o prjquota)", 125);
}
