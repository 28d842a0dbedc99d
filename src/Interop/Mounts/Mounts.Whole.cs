using static Skiff.Interop.Mounts.MountConstants;

namespace Skiff.Interop.Mounts;

public static unsafe partial class Mounts
{
    // The attributes that both APIs have, as (MOUNT_ATTR_*, MS_*).
    private static readonly (uint Attribute, ulong Flag)[] s_attributes =
    [
        (MOUNT_ATTR_RDONLY, MS_RDONLY), (MOUNT_ATTR_NOSUID, MS_NOSUID), (MOUNT_ATTR_NODEV, MS_NODEV),
        (MOUNT_ATTR_NOEXEC, MS_NOEXEC), (MOUNT_ATTR_NOATIME, MS_NOATIME), (MOUNT_ATTR_STRICTATIME, MS_STRICTATIME),
        (MOUNT_ATTR_NODIRATIME, MS_NODIRATIME), (MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW),
    ];

    /// <summary>
    /// Mounts a new filesystem at a path, by the new API where the kernel has it (errors then carry the kernel's own
    /// words), else by mount(2).
    /// </summary>
    /// <param name="type">The filesystem, <c>tmpfs</c>.</param>
    /// <param name="source">What findmnt shows, or the device; may be empty.</param>
    /// <param name="target">An existing directory or file.</param>
    /// <param name="options"><c>key=value</c> or <c>flag</c>, one each.</param>
    /// <param name="attributes">MOUNT_ATTR_*.</param>
    public static void MountFilesystem(
        string type, string source, string target, ReadOnlySpan<string> options = default, uint attributes = 0)
    {
        try
        {
            using Fd mount =
                CreateFilesystem(type, source.Length == 0 ? options : ["source=" + source, .. options], attributes);
            Attach(mount, target);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOSYS)
        {
            // Seccomp sandboxes around the engine refuse the new calls with ENOSYS on any kernel.
            Mount(source, target, type, FlagsOf(attributes), string.Join(',', options!));
        }
    }

    /// <summary>Shows a file or directory at another path too. Read-only needs Linux 5.12.</summary>
    /// <param name="source">What to show.</param>
    /// <param name="target">An existing file or directory of the same kind.</param>
    /// <param name="recursive">With the mounts below it.</param>
    /// <param name="attributes">MOUNT_ATTR_* to set, on the mounts below too when <paramref name="recursive"/>.</param>
    public static void Bind(string source, string target, bool recursive, uint attributes = 0)
    {
        using Fd tree = CloneTree(Fd.Cwd, source, recursive);
        if (attributes != 0) SetAttributes(tree, attributes, recursive: recursive);
        Attach(tree, target);
    }

    /// <summary>As <see cref="TryUnmount"/>, throwing on failure.</summary>
    public static void Unmount(string target, bool detach)
    {
        Errno errno = TryUnmount(target, detach);
        if (errno != Errno.None) throw new LinuxException(errno, "umount2", target);
    }

    /// <summary>Sets how mounts under a path propagate: MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE.</summary>
    public static void SetPropagation(string target, ulong propagation, bool recursive) =>
        Mount("", target, "", propagation | (recursive ? MS_REC : 0));

    /// <summary>MOUNT_ATTR_* as MS_* of mount(2).</summary>
    internal static ulong FlagsOf(uint attributes)
    {
        ulong flags = 0;
        foreach ((uint attribute, ulong flag) in s_attributes)
            if ((attributes & attribute) == attribute) flags |= flag;
        return flags;
    }
}
