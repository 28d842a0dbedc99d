using System.Globalization;

namespace Skiff.Interop.Cgroups;

/// <summary>
/// One directory of the cgroup v2 tree. The object owns an fd of the directory, not the cgroup itself: disposing it
/// leaves the cgroup in place; <see cref="TryRemove"/> takes it away once its last process is gone.
/// </summary>
public sealed partial class Cgroup : IDisposable
{
    private Cgroup(string path, Fd directory) => (Path, Directory) = (path, directory);

    /// <summary>Absolute path of the directory.</summary>
    public string Path { get; }

    /// <summary>
    /// The directory, for <c>clone3(CLONE_INTO_CGROUP)</c> and for attaching eBPF programs. Owned by this object.
    /// </summary>
    public Fd Directory { get; }

    /// <summary>The processes in this very cgroup; one of another pid namespace reads as 0.</summary>
    public IReadOnlyList<int> Processes => ReadProcesses();

    /// <summary>The processes here and in the cgroups below.</summary>
    public IReadOnlyList<int> ProcessesBelow()
    {
        var pids = new List<int>();
        AddProcesses(Path, pids);
        return pids;
    }

    /// <summary>
    /// True while this cgroup or one below it has a process that is not yet reaped; false once it is removed.
    /// </summary>
    public bool Populated => IsSet("populated");

    /// <summary>
    /// True when controllers are on for the cgroups below, so that no process may be in this one any more (the
    /// no-internal-process rule of cgroups(7)).
    /// </summary>
    public bool HasControllersBelow => CgroupFile.ReadText(Directory, "cgroup.subtree_control").Length > 0;

    /// <summary>Opens an existing cgroup.</summary>
    public static Cgroup Open(string path) =>
        new(path, Files.Open(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY));

    /// <summary>Opens a cgroup; null when there is none at <paramref name="path"/>.</summary>
    public static Cgroup? TryOpen(string path)
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0, out Fd? fd);
        if (errno is Errno.ENOENT or Errno.ENODEV) return null;
        return errno == Errno.None ? new Cgroup(path, fd!) : throw new LinuxException(errno, "open cgroup", path);
    }

    /// <summary>
    /// Creates <paramref name="name"/> (one or more path components) below the tree's root and opens it; existing
    /// directories are fine. Every directory above the last gets <paramref name="controllers"/> enabled for its
    /// children, as far as it has them.
    /// </summary>
    public static Cgroup Create(CgroupHierarchy hierarchy, string name, CgroupControllers controllers)
    {
        string path = $"{hierarchy.Root}/{name}";
        CgroupControllers wanted = controllers & hierarchy.Controllers;
        if (wanted == CgroupControllers.None)
        {
            Files.MakeDirectories(path);
            return Open(path);
        }
        string above = hierarchy.Root;
        foreach (Range part in name.AsSpan().Split('/'))
        {
            EnableForChildren(above, wanted);
            above = $"{above}/{name[part]}";
            Files.MakeDirectories(above);
        }
        return Open(above);
    }

    /// <summary>
    /// Enables <paramref name="controllers"/> for a cgroup that is there, in every directory above it, if it has them.
    /// </summary>
    public void Enable(CgroupHierarchy hierarchy, CgroupControllers controllers)
    {
        CgroupControllers wanted = controllers & hierarchy.Controllers;
        if (wanted == CgroupControllers.None) return;
        for (int end = hierarchy.Root.Length; end > 0; end = Path.IndexOf('/', end + 1))
            EnableForChildren(Path[..end], wanted);
    }

    /// <summary>Moves the process <paramref name="pid"/> into this cgroup.</summary>
    public void Add(int pid) => CgroupFile.Write(Directory, "cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public void Dispose() => Directory.Dispose();

    private static void EnableForChildren(string path, CgroupControllers wanted)
    {
        CgroupControllers missing =
            wanted & ~CgroupControllerNames.Parse(CgroupFile.ReadText(path + "/cgroup.subtree_control"));
        if (missing == CgroupControllers.None) return;
        // A controller that a parent could not hand down is no error here: Apply reports the limits that it costs.
        missing &= CgroupControllerNames.Parse(CgroupFile.ReadText(path + "/cgroup.controllers"));
        if (missing != CgroupControllers.None)
            CgroupFile.Write(Fd.Cwd, path + "/cgroup.subtree_control", CgroupControllerNames.Enabling(missing));
    }

    private List<int> ReadProcesses()
    {
        var pids = new List<int>();
        foreach (ReadOnlySpan<char> line in CgroupFile.ReadText(Directory, "cgroup.procs").AsSpan().EnumerateLines())
            if (!line.IsEmpty) pids.Add((int)FlatKeyed.Number(line));
        return pids;
    }

    private static void AddProcesses(string path, List<int> pids)
    {
        using Cgroup? cgroup = TryOpen(path);
        if (cgroup is null) return;
        pids.AddRange(cgroup.Processes);
        foreach (string child in System.IO.Directory.GetDirectories(path)) AddProcesses(child, pids);
    }
}
