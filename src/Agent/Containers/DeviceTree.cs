using Skiff.Agent.Cdi;
using Skiff.Agent.Manager;
using Skiff.Agent.Rootless;
using Skiff.Interop;
using Skiff.Interop.Mounts;

namespace Skiff.Agent.Containers;

/// <summary>
/// A container's /dev: a small tmpfs with nodes, links and mount points, made before the container exists.
/// </summary>
internal static class DeviceTree
{
    private const uint CharacterDevice = 0x2000;

    /// <summary>Gives the nodes of devices that vendors describe to their owners.</summary>
    /// <param name="dev">The tmpfs.</param>
    /// <param name="nodes">The nodes.</param>
    /// <param name="user">Owns those whose owner nobody names.</param>
    /// <param name="mapping">The container's ids; null: the host's.</param>
    /// <exception cref="UsageException">An owner is not among the container's ids.</exception>
    public static void Own(Fd dev, CdiDeviceNode[] nodes, ProcessUser user, UserMapping? mapping)
    {
        foreach (CdiDeviceNode node in nodes)
        {
            (uint uid, uint gid) = (node.Uid ?? user.Uid, node.Gid ?? user.Gid);
            uint? outsideUid = mapping is null ? uid : mapping.Users.Outside(uid);
            uint? outsideGid = mapping is null ? gid : mapping.Groups.Outside(gid);
            if (outsideUid is null || outsideGid is null) throw new UsageException(
                $"the owner {uid}:{gid} of device {node.Path} has no ids in the container's user namespace", 125);
            Check(Files.TryChownAt(dev, node.Path["/dev/".Length..], outsideUid.Value, outsideGid.Value), "fchownat",
                node.Path);
        }
    }

    /// <summary>Makes the tmpfs; detached, owned by the caller.</summary>
    public static Fd Create(ContainerConfig config, CdiEdits edits)
    {
        Fd dev = Mounts.CreateFilesystem("tmpfs", ["source=tmpfs", "mode=755", "size=65536k",
            .. SelinuxLabels.MountOption(config)],
            MountConstants.MOUNT_ATTR_NOSUID | MountConstants.MOUNT_ATTR_STRICTATIME);
        try
        {
            Fill(dev, config, edits);
            return dev;
        }
        catch
        {
            dev.Dispose();
            throw;
        }
    }

    private static void Fill(Fd dev, ContainerConfig config, CdiEdits edits)
    {
        if (RootlessMode.IsOn && edits.DeviceNodes.Any())
            throw new UsageException("devices by CDI need root: a user may make no device nodes", 125);
        if (RootlessMode.IsOn) HostDevices.MakeFiles(dev, config);
        else MakeNodes(dev, config, edits);
        foreach (var (name, target) in ContainerDefaults.DeviceLinks) Check(Files.TrySymlinkAt(target, dev, name),
            "symlinkat", name);
        foreach (string directory in (ReadOnlySpan<string>)["pts", "shm", "mqueue"])
            if (directory != "shm" || config.IpcMode != "none")
                Check(Files.TryMkdirAt(dev, directory, 0x1ED), "mkdirat", directory);
        if (config.Tty) RootTree.EnsureFile(dev, "console");
    }

    private static void MakeNodes(Fd dev, ContainerConfig config, CdiEdits edits)
    {
        foreach (var (name, major, minor) in ContainerDefaults.DeviceNodes)
            MakeNode(dev, name, CharacterDevice | 0x1B6, major, minor);
        if (config.Privileged) AddHostDevices(dev);
        foreach (Device device in NodesOf(config)) AddDevice(dev, device);
        foreach (CdiDeviceNode node in edits.DeviceNodes)
        {
            string relative = BelowDev(node.Path);
            MakeRoom(dev, relative);
            MakeNode(dev, relative, node.Mode, node.Major, node.Minor);
        }
    }

    /// <summary>The devices that were asked for; a directory stands for all those below it.</summary>
    internal static IEnumerable<Device> NodesOf(ContainerConfig config) => config.Devices.SelectMany(NodesOf);

    private static IEnumerable<Device> NodesOf(Device device)
    {
        if (Files.TryStatAt(Fd.Cwd, device.PathOnHost, AtFlags.None, out FileStatus status) != Errno.None
            || !status.IsDirectory)
            return [device];
        var nodes = new List<Device>();
        using Fd directory = Files.Open(device.PathOnHost, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        foreach (var (name, _) in Files.ListDirectory(directory))
        {
            // Symbolic links may lead anywhere, also around in a circle.
            if (Files.TryStatAt(directory, name, AtFlags.AT_SYMLINK_NOFOLLOW, out status) != Errno.None
                || !(status.IsDirectory || IsDevice(status))) continue;
            nodes.AddRange(NodesOf(device with
            {
                PathOnHost = $"{device.PathOnHost}/{name}", PathInContainer = $"{device.PathInContainer}/{name}",
            }));
        }
        return nodes.Count > 0 ? nodes : throw new UsageException("error gathering device information while adding "
            + $"custom device \"{device.PathOnHost}\": no devices below it", 125);
    }

    private static void MakeNode(Fd directory, string name, uint mode, uint major, uint minor)
    {
        Check(Files.TryMknodAt(directory, name, mode, major, minor), "mknodat", name);
        Check(Files.TryChmodAt(directory, name, mode & 0xFFF), "fchmodat", name); // The umask took bits away.
    }

    private static void AddDevice(Fd dev, Device device)
    {
        string relative = NameOf(device, out FileStatus status);
        MakeRoom(dev, relative);
        MakeNode(dev, relative, status.Mode, status.RdevMajor, status.RdevMinor);
        Check(Files.TryChownAt(dev, relative, status.Uid, status.Gid), "fchownat", relative);
    }

    /// <summary>The device's path in the container, from /dev on.</summary>
    /// <exception cref="UsageException">It is no device, or would be elsewhere.</exception>
    internal static string NameOf(Device device, out FileStatus status)
    {
        Errno errno = Files.TryStatAt(Fd.Cwd, device.PathOnHost, AtFlags.None, out status);
        if (errno != Errno.None || !IsDevice(status))
            throw new UsageException(
                $"error gathering device information while adding custom device \"{device.PathOnHost}\": "
                + (errno == Errno.None ? "not a device node" : ErrnoText.Of(errno)), 125);
        return BelowDev(device.PathInContainer);
    }

    private static string BelowDev(string path)
    {
        const string prefix = "/dev/";
        if (!path.StartsWith(prefix, StringComparison.Ordinal))
            throw new UsageException($"device path {path} in the container must be below /dev", 125);
        return path[prefix.Length..];
    }

    // Nothing is there afterwards.
    private static void MakeRoom(Fd dev, string relative)
    {
        int slash = relative.LastIndexOf('/');
        if (slash > 0) RootTree.EnsureDirectory(dev, relative[..slash]);
        Files.TryUnlinkAt(dev, relative);
    }

    /// <summary>The names of the devices right below the host's /dev.</summary>
    internal static List<string> NodesOfHost()
    {
        var names = new List<string>();
        using Fd host = Files.Open("/dev", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        foreach (var entry in Files.ListDirectory(host))
            if (entry.Name is not ("pts" or "shm" or "mqueue" or "console" or "ptmx")
                && Files.TryStatAt(host, entry.Name, AtFlags.AT_SYMLINK_NOFOLLOW, out FileStatus status) == Errno.None
                && IsDevice(status)) names.Add(entry.Name);
        return names;
    }

    private static bool IsDevice(FileStatus status) => status.Type is FileType.DT_CHR or FileType.DT_BLK;

    private static void Check(Errno errno, string call, string path)
    {
        if (errno != Errno.None) throw new LinuxException(errno, call, path, "making the container's /dev");
    }

    private static void AddHostDevices(Fd dev)
    {
        foreach (string name in NodesOfHost())
            if (Files.TryStatAt(Fd.Cwd, $"/dev/{name}", AtFlags.None, out FileStatus status) == Errno.None
                && Files.TryMknodAt(dev, name, status.Mode, status.RdevMajor, status.RdevMinor) == Errno.None)
                Files.TryChownAt(dev, name, status.Uid, status.Gid);
    }
}
