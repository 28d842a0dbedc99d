using Skiff.Agent.Cdi;
using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Agent.RuntimeSpec;
using Skiff.Agent.Volumes;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// Everything that is mounted into a container and can be made before it exists: its root, /dev, /dev/pts, /dev/shm,
/// volumes, bind
/// mounts, tmpfs and the three generated files of /etc. What belongs to a namespace of the container (/proc, /sys,
/// mqueue,
/// cgroup2) is made by the child itself.
/// </summary>
internal sealed class PreparedMounts : IDisposable
{
    private const uint NoSuidNoDevNoExec =
        MountConstants.MOUNT_ATTR_NOSUID | MountConstants.MOUNT_ATTR_NODEV | MountConstants.MOUNT_ATTR_NOEXEC;

    private const uint TerminalGroup = 5;

    private readonly List<PreparedMount> _mounts = [];
    private readonly ContainerConfig _config;
    private readonly VolumeModule _volumes;
    private readonly ImageMounts _images;
    private readonly UserMapping? _mapping;
    private readonly CdiEdits _edits;

    private PreparedMounts(ContainerConfig config, CdiEdits edits, VolumeModule volumes, ImageMounts images, Fd root,
        UserMapping? mapping)
    {
        (_config, _edits, _volumes, _images, Root, _mapping) = (config, edits, volumes, images, root, mapping);
        Dev = DeviceTree.Create(config, edits);
        DeviceNodes = RootlessMode.IsOn ? HostDevices.Clone(config) : [];
        DevPts = Mounts.CreateFilesystem("devpts", ["newinstance", "ptmxmode=0666", "mode=0620",
            .. RootlessMode.IsOn && RootlessMode.LastGroup < TerminalGroup ? Array.Empty<string>()
                : [$"gid={mapping?.Groups.Outside(TerminalGroup) ?? TerminalGroup}"],
            .. SelinuxLabels.MountOption(config)],
            MountConstants.MOUNT_ATTR_NOSUID | MountConstants.MOUNT_ATTR_NOEXEC);
        mapping?.OwnTree(DevPts);
    }

    /// <summary>The overlay; detached.</summary>
    public Fd Root { get; private set; }

    /// <summary>The tmpfs of /dev; detached.</summary>
    public Fd Dev { get; }

    /// <summary>What is mounted on files in <see cref="Dev"/>, where no device nodes can be made.</summary>
    public IReadOnlyList<PreparedMount> DeviceNodes { get; }

    /// <summary>The devpts instance; detached.</summary>
    public Fd DevPts { get; }

    /// <summary>Volumes, binds, tmpfs and generated files, outer ones first.</summary>
    public IReadOnlyList<PreparedMount> InOrder => _mounts;

    /// <summary>Makes all of it. Takes ownership of <paramref name="root"/>, also on failure.</summary>
    /// <param name="config">The container.</param>
    /// <param name="edits">What devices that vendors describe add.</param>
    /// <param name="volumes">Where volumes are.</param>
    /// <param name="images">Mounts images.</param>
    /// <param name="root">The detached overlay.</param>
    /// <param name="runDirectory">Has hosts, hostname and resolv.conf when they are to be mounted.</param>
    /// <param name="shared">Has the /dev/shm of a container whose IPC namespace is shared.</param>
    /// <param name="mapping">Its ids, or null; <see cref="Map"/> comes last then.</param>
    public static PreparedMounts Create(ContainerConfig config, CdiEdits edits, VolumeModule volumes,
        ImageMounts images, Fd root, string runDirectory, ContainerNamespaces shared, UserMapping? mapping)
    {
        var prepared = new PreparedMounts(config, edits, volumes, images, root, mapping);
        try
        {
            prepared.AddAll(runDirectory, shared);
            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Has everything show the container's ids, when all that this process does in it is done: it could make nothing
    /// there any more, since its own ids are not among them.
    /// </summary>
    /// <param name="mapping">The ids.</param>
    /// <param name="root">The overlay with them, in the place of the one that was there.</param>
    public void Map(UserMapping mapping, Fd root)
    {
        Root.Dispose();
        Root = root;
        mapping.OwnTree(Dev);
        foreach (PreparedMount mount in _mounts)
            if (mount.HasOwnIds) mapping.Apply(mount.Tree);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (PreparedMount mount in _mounts) mount.Tree.Dispose();
        foreach (PreparedMount node in DeviceNodes) node.Tree.Dispose();
        Dev.Dispose();
        Root.Dispose();
    }

    private void AddAll(string runDirectory, ContainerNamespaces shared)
    {
        foreach (string directory in (ReadOnlySpan<string>)["/proc", "/sys", "/dev"]) EnsureRealDirectory(directory);
        AddSharedMemory(shared);
        foreach (string file in ContainerNetwork.EtcFiles)
        {
            string source = Path.Combine(runDirectory, file);
            if (_config.MountLabel.Length > 0) FileLabels.Set(source, _config.MountLabel);
            AddBind(new Mount("bind", source, "/etc/" + file, _config.ReadonlyRootfs));
        }
        if (_config.ProcessLabel.Length > 0
            && SecuritySettings.AllOf(_config, SecuritySettings.Label).Contains(SecuritySettings.Nested))
            AddBind(new Mount("bind", Selinux.MountPoint, Selinux.MountPoint));
        var mounts = new List<(string Target, Action Add)>();
        foreach (Mount mount in _config.Mounts) mounts.Add((mount.Target, () => Add(mount)));
        foreach (CdiMount mount in _edits.Mounts) mounts.Add((mount.ContainerPath, () => Add(mount)));
        foreach (var (_, add) in mounts.OrderBy(mount => Depth(mount.Target))) add();
        if (_config.WorkingDir != "/" && !IsKernels(_config.WorkingDir))
            EnsureTarget(_config.WorkingDir, directory: true);
    }

    private void AddSharedMemory(ContainerNamespaces shared)
    {
        if (shared.SharedMemory is { } other)
            _mounts.Add(new PreparedMount("/dev/shm", other));
        else if (_config.IpcMode == "host") AddBind(new Mount("bind", "/dev/shm", "/dev/shm"));
        else if (_config.IpcMode != "none")
            _mounts.Add(new PreparedMount("/dev/shm", Mounts.CreateFilesystem("tmpfs",
                ["source=shm", "mode=1777", $"size={_config.ShmSizeBytes}", .. Owner,
                    .. SelinuxLabels.MountOption(_config)], NoSuidNoDevNoExec)));
    }

    private void Add(Mount mount)
    {
        switch (mount.Type)
        {
            case "tmpfs":
                AddMemory(mount);
                break;
            case "volume":
                using (Fd location = _volumes.Enter(mount.VolumeOf(_volumes), mount.Subpath, _config.Id))
                {
                    if (!mount.NoCopy) VolumeModule.CopyUp(location, Root, mount.Target);
                    // As with docker: one whose mode nobody has named is for all containers.
                    AddTree(location, mount with
                    {
                        Relabel = mount.Relabel.Length > 0 || mount.ReadOnly ? mount.Relabel : "z",
                    }, hasOwnIds: true);
                }
                break;
            case "image":
                Fd image = _images.Make(mount);
                try
                {
                    EnsureTarget(mount.Target, Files.Stat(image).IsDirectory);
                }
                catch
                {
                    image.Dispose();
                    throw;
                }
                Replace(new PreparedMount(mount.Target, image));
                break;
            default:
                AddBind(mount);
                break;
        }
    }

    private void AddMemory(Mount mount)
    {
        var options = MountOptions.Of(["nosuid", "nodev", "noexec",
            .. mount.TmpfsOptions.Split(',', StringSplitOptions.RemoveEmptyEntries), mount.ReadOnly ? "ro" : "rw"]);
        EnsureTarget(mount.Target, directory: true);
        Replace(new PreparedMount(mount.Target, Mounts.CreateFilesystem("tmpfs",
            ["source=tmpfs", .. Owner, .. options.Data, .. SelinuxLabels.MountOption(_config)],
            (uint)options.Set)));
    }

    private void Add(CdiMount mount)
    {
        string path = mount.ContainerPath;
        if (mount.IsMemory)
        {
            EnsureTarget(path, directory: true);
            Replace(new PreparedMount(path, Mounts.CreateFilesystem("tmpfs",
                ["source=tmpfs", .. Owner, .. mount.Options.Data, .. SelinuxLabels.MountOption(_config)],
                (uint)mount.Options.Set)));
            return;
        }
        Errno errno = Files.TryOpenAt(Fd.Cwd, mount.HostPath, OpenFlags.O_PATH, 0, out Fd? location);
        if (errno != Errno.None) throw new LinuxException(errno, "openat", mount.HostPath,
            $"CDI device injection failed: mounting {path}");
        using (location)
        {
            EnsureTarget(path, Files.Stat(location!).IsDirectory);
            Fd tree = BindTree.Clone(location!, readOnly: false, "rprivate",
                mount.Options.IsBind && !mount.Options.IsRecursive ? "disabled" : "");
            Replace(new PreparedMount(path, tree));
            mount.Options.ApplyTo(tree);
        }
    }

    // A tmpfs belongs to the container's root.
    private string[] Owner => _mapping is { } map ? [$"uid={map.RootUid}", $"gid={map.RootGid}"] : [];

    private void AddBind(Mount mount)
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, mount.Source, OpenFlags.O_PATH, 0, out Fd? location);
        if (errno == Errno.ENOENT)
            throw new UsageException(
                $"invalid mount config for type \"bind\": bind source path does not exist: {mount.Source}", 125);
        if (errno != Errno.None) throw new LinuxException(errno, "openat", mount.Source, $"mounting {mount.Target}");
        using (location) AddTree(location!, mount, hasOwnIds: false);
    }

    private void AddTree(Fd location, Mount mount, bool hasOwnIds)
    {
        if (mount.Relabel.Length > 0 && _config.MountLabel.Length > 0)
            FileLabels.Apply(location, _config.MountLabel, shared: mount.Relabel == "z");
        EnsureTarget(mount.Target, Files.Stat(location).IsDirectory);
        Fd tree = BindTree.Clone(location, mount.ReadOnly, mount.Propagation, mount.Recursive);
        Replace(new PreparedMount(mount.Target, tree, hasOwnIds));
    }

    // The user's mount on /dev/shm or /etc/hosts takes the place of ours.
    private void Replace(PreparedMount mount)
    {
        int same = _mounts.FindIndex(m => m.Target == mount.Target);
        if (same >= 0)
        {
            _mounts[same].Tree.Dispose();
            _mounts.RemoveAt(same);
        }
        _mounts.Add(mount);
    }

    // A target below another mount is made in that mount, where the child will look for it.
    private void EnsureTarget(string target, bool directory)
    {
        if (IsBelow(target, "/proc"))
            throw new UsageException($"\"{target}\" cannot be mounted because it is inside /proc", 125);
        if (IsBelow(target, "/sys")) return; // Nothing can be made there.
        Fd tree = Root;
        string rest = target;
        if (IsBelow(target, "/dev")) (tree, rest) = (Dev, target["/dev".Length..]);
        foreach (PreparedMount outer in _mounts)
            if (IsBelow(target, outer.Target) && target != outer.Target)
                (tree, rest) = (outer.Tree, target[outer.Target.Length..]);
        if (directory) RootTree.EnsureDirectory(tree, rest);
        else RootTree.EnsureFile(tree, rest);
    }

    // A symlink there would put the container's own /proc somewhere else and leave /proc to the image (CVE-2019-19921).
    private void EnsureRealDirectory(string path)
    {
        RootTree.EnsureDirectory(Root, path);
        Errno errno = Files.TryOpenAt2(Root, path[1..], OpenFlags.O_PATH | OpenFlags.O_DIRECTORY, 0,
            ResolveFlags.RESOLVE_IN_ROOT | ResolveFlags.RESOLVE_NO_SYMLINKS, out Fd? fd);
        fd?.Dispose();
        if (errno != Errno.None) throw new LinuxException(errno, "openat2", path,
            "the image's directory must be a real one");
    }

    private static bool IsKernels(string path) => IsBelow(path, "/proc") || IsBelow(path, "/sys");

    private static bool IsBelow(string path, string directory) =>
        path == directory || (path.StartsWith(directory, StringComparison.Ordinal) && path[directory.Length] == '/');

    private static int Depth(string path) => path.AsSpan().Count('/');
}
