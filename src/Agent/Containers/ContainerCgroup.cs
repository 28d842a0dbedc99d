using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Containers;

/// <summary>Where the cgroup of a container is: <c>PARENT/ID</c> in the cgroup v2 tree, or in the part of it that a
/// rootless user has.</summary>
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

    /// <summary>The tree in which this process may make cgroups; null when a rootless user has none.</summary>
    public static CgroupHierarchy? Tree() =>
        RootlessMode.IsOn ? DelegatedCgroup.Own() : CgroupHierarchy.Detect();

    /// <summary>Its path, whether it is there or not; null when a rootless user has none.</summary>
    public static string? PathOf(ContainerConfig config) => Root() is { } root ? $"{root}/{NameOf(config)}" : null;

    /// <summary>Opens it; null when there is none.</summary>
    public static Cgroup? TryOpen(ContainerConfig config) =>
        PathOf(config) is { } path ? Cgroup.TryOpen(path) : null;

    /// <summary>Opens it.</summary>
    public static Cgroup Open(ContainerConfig config) => PathOf(config) is { } path ? Cgroup.Open(path)
        : throw new UsageException($"container {config.Name} has no cgroup: the host has delegated none to this user");

    /// <summary>Ends what is left in it, and removes and closes it.</summary>
    /// <exception cref="LinuxException">It could not be removed.</exception>
    public static void Remove(Cgroup cgroup)
    {
        if (cgroup.Populated) cgroup.Kill();
        Errno errno = cgroup.TryRemove(RemoveTimeoutMs);
        cgroup.Dispose();
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "rmdir", cgroup.Path);
    }

    /// <summary>Where the cgroups of containers are; null when a rootless user has none.</summary>
    public static string? Root() => RootlessMode.IsOn ? DelegatedCgroup.Known() : CgroupHierarchy.Detect().Root;
}
