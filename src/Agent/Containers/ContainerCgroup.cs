using Skiff.Interop;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Containers;

/// <summary>Where the cgroup of a container is: <c>PARENT/ID</c> in the cgroup v2 tree.</summary>
internal static class ContainerCgroup
{
    /// <summary>Parent of the cgroups of all containers that name no other one.</summary>
    public const string DefaultParent = "skiff";

    private const int RemoveTimeoutMs = 2000;

    /// <summary>The cgroup's name, relative to the root of the tree.</summary>
    public static string NameOf(ContainerConfig config)
    {
        string parent = config.CgroupParent.Length > 0 ? config.CgroupParent.Trim('/') : DefaultParent;
        return parent.Length > 0 ? $"{parent}/{config.Id}" : config.Id;
    }

    /// <summary>Opens it; null when there is none.</summary>
    public static Cgroup? TryOpen(ContainerConfig config) => Cgroup.TryOpen(PathOf(config));

    /// <summary>Opens it.</summary>
    public static Cgroup Open(ContainerConfig config) => Cgroup.Open(PathOf(config));

    /// <summary>Ends what is left in it, and removes and closes it.</summary>
    /// <exception cref="LinuxException">It could not be removed.</exception>
    public static void Remove(Cgroup cgroup)
    {
        if (cgroup.Populated) cgroup.Kill();
        Errno errno = cgroup.TryRemove(RemoveTimeoutMs);
        cgroup.Dispose();
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "rmdir", cgroup.Path);
    }

    private static string PathOf(ContainerConfig config) => $"{CgroupHierarchy.Detect().Root}/{NameOf(config)}";
}
