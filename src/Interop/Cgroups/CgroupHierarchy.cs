using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Cgroups;

/// <summary>
/// The host's cgroup v2 tree: where it is mounted and which controllers it has. On a mixed host the controllers belong
/// to v1 hierarchies and the tree beside them is bare: it tracks, freezes and kills, and enforces no limit.
/// </summary>
public sealed class CgroupHierarchy
{
    private const long CGROUP2_SUPER_MAGIC = 0x63677270;
    private const string Mount = "/sys/fs/cgroup";

    private static CgroupHierarchy? s_host;

    private CgroupHierarchy(string root, bool mixed, CgroupControllers controllers) =>
        (Root, IsMixed, Controllers) = (root, mixed, controllers);

    /// <summary>The tree's mount point.</summary>
    public string Root { get; }

    /// <summary>True when v1 hierarchies own controllers beside this tree.</summary>
    public bool IsMixed { get; }

    /// <summary>The controllers that the tree's root offers.</summary>
    public CgroupControllers Controllers { get; }

    /// <summary>
    /// The host's tree, looked for once; throws <see cref="PlatformNotSupportedException"/> with what to check when
    /// there is none.
    /// </summary>
    public static CgroupHierarchy Detect() =>
        s_host ??= TryDetect(Mount, out string problem) ?? throw new PlatformNotSupportedException(problem);

    /// <summary>
    /// Looks for a v2 tree at <paramref name="mount"/>, then at its <c>unified</c> child; costs two or three system
    /// calls. Null, with a sentence for the user in <paramref name="problem"/>, when neither is one.
    /// </summary>
    public static CgroupHierarchy? TryDetect(string mount, out string problem)
    {
        problem = "";
        if (IsCgroup2(mount)) return Describe(mount, mixed: false);
        string unified = mount + "/unified";
        if (IsCgroup2(unified)) return Describe(unified, mixed: true);
        problem = $"no cgroup v2 tree at {mount} or {unified}; mount one (mount -t cgroup2 none {mount})"
            + " or boot with systemd.unified_cgroup_hierarchy=1";
        return null;
    }

    /// <summary>A part of the tree as a tree of its own: the controllers are those that it offers.</summary>
    public CgroupHierarchy Below(string path) => Describe(path, IsMixed);

    private static CgroupHierarchy Describe(string root, bool mixed) =>
        new(root, mixed, CgroupControllerNames.Parse(CgroupFile.ReadText(root + "/cgroup.controllers")));

    private static unsafe bool IsCgroup2(string path)
    {
        long* buffer = stackalloc long[32];
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated and pinned; struct statfs is 120 bytes, the buffer 256.
            return Native.syscall(SyscallNumbers.statfs, (nint)name, (nint)buffer) == 0
                && buffer[0] == CGROUP2_SUPER_MAGIC;
    }
}
