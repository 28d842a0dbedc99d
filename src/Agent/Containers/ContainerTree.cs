using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;
using Skiff.Layers.Archives;

namespace Skiff.Agent.Containers;

/// <summary>
/// The files of a container by one descriptor: of one that runs, what its processes see; of one that doesn't, its
/// layers with its volumes and bind mounts in their places, mounted where nobody else sees them.
/// </summary>
/// <param name="root">Owned.</param>
/// <param name="giveBack">Called at the end.</param>
internal sealed class ContainerTree(Fd root, Action giveBack) : IDisposable
{
    /// <summary>The container's root.</summary>
    public Fd Root { get; } = root;

    /// <summary>The id of the mount with the devices, which are none of the container's files; 0 for none.</summary>
    public ulong DevMount { get; private init; }

    /// <summary>The container's own numbers for owners, where its mounts show those of the host; null: no others.
    /// </summary>
    public OwnerMap? Owners { get; private init; }

    /// <summary>The root of a container's first process; null when it has just ended.</summary>
    public static ContainerTree? TryOpen(ContainerConfig config, ContainerState running)
    {
        if (PidFd.TryOpen(running.Pid, (ulong)running.PidStartTime, out PidFd? process) != Errno.None) return null;
        using Fd? pin = process!.Fd;
        Errno errno = Files.TryOpenAt(
            Fd.Cwd, $"/proc/{running.Pid}/root", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY, 0, out Fd? root);
        // Still there: what was opened was its root and not that of a process which got the number meanwhile.
        if (errno == Errno.None && process.TrySendSignal(0) == Errno.None)
            return new ContainerTree(root!, static () => { })
            {
                DevMount = MountAt(root!, "/dev"),
                Owners = config.UidMap.Length == 0 ? null
                    : new OwnerMap(IdMap.Parse(config.UidMap), IdMap.Parse(config.GidMap)),
            };
        root?.Dispose();
        return errno is Errno.None or Errno.ENOENT or Errno.ESRCH ? null
            : throw new LinuxException(errno, "openat", $"/proc/{running.Pid}/root", "opening the container's root");
    }

    /// <summary>
    /// Puts the files of a container together that does not run. Null when <paramref name="root"/> is for reading
    /// only and the place of a mount is missing in it.
    /// </summary>
    /// <param name="config">The container.</param>
    /// <param name="volumes">Where volumes are; they are made and filled as by a start.</param>
    /// <param name="images">Mounts images.</param>
    /// <param name="root">Mounts its layers, detached.</param>
    /// <param name="attachPoint">A directory to attach them at, in a namespace of its own.</param>
    /// <param name="writable">Whether the root can be written to.</param>
    /// <param name="giveBack">Called at the end of the tree, not of a failure.</param>
    public static ContainerTree? TryAssemble(ContainerConfig config, VolumeModule volumes, ImageMounts images,
        Func<Fd> root, string attachPoint, bool writable, Action giveBack)
    {
        Files.MakeDirectories(attachPoint);
        Fd? tree = PrivateMounts.Run(() =>
        {
            using (Fd overlay = root()) Mounts.Attach(overlay, attachPoint);
            using Fd top = Files.Open(attachPoint, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
            try
            {
                foreach (Mount mount in config.Mounts.OrderBy(mount => mount.Target.AsSpan().Count('/')))
                    if (!TryAttach(mount, volumes, images, top, writable)) return null;
                return Mounts.CloneTree(top, "", recursive: true);
            }
            finally
            {
                Mounts.TryUnmount(attachPoint, detach: true);
            }
        });
        if (tree is null) return null;
        if (config.ReadonlyRootfs) Mounts.SetAttributes(tree, MountConstants.MOUNT_ATTR_RDONLY);
        return new ContainerTree(tree, giveBack);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Root.Dispose();
        giveBack();
    }

    private static bool TryAttach(Mount mount, VolumeModule volumes, ImageMounts images, Fd top, bool writable)
    {
        // A tmpfs begins empty with each start, and so does /dev.
        if (mount.Type == "tmpfs" || mount.Target.StartsWith("/dev/", StringComparison.Ordinal)) return true;
        using Fd tree = mount.Type == "image" ? images.Make(mount) : Clone(mount, volumes, top);
        if (writable && Files.Stat(tree).IsDirectory) RootTree.EnsureDirectory(top, mount.Target);
        else if (writable) RootTree.EnsureFile(top, mount.Target);
        if (RootTree.TryLocate(top, mount.Target, out Fd? target) != Errno.None) return false;
        using (target) Mounts.Attach(tree, target!);
        return true;
    }

    private static Fd Clone(Mount mount, VolumeModule volumes, Fd top)
    {
        using Fd location = mount.Type == "volume" ? OpenVolume(mount, volumes, top) : OpenSource(mount);
        return BindTree.Clone(location, mount.ReadOnly, "rprivate", mount.Recursive);
    }

    private static Fd OpenVolume(Mount mount, VolumeModule volumes, Fd top)
    {
        Fd location = volumes.EnterPrivately(mount.VolumeOf(volumes), mount.Subpath);
        try
        {
            if (!mount.NoCopy) VolumeModule.CopyUp(location, top, mount.Target);
            return location;
        }
        catch
        {
            location.Dispose();
            throw;
        }
    }

    private static Fd OpenSource(Mount mount)
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, mount.Source, OpenFlags.O_PATH, 0, out Fd? location);
        return errno == Errno.None ? location! : throw new LinuxException(
            errno, "openat", mount.Source, $"mounting {mount.Target} of the container");
    }

    private static ulong MountAt(Fd root, string path)
    {
        if (RootTree.TryLocate(root, path, out Fd? location) != Errno.None) return 0;
        using (location)
            return Files.Stat(location!) is { IsMountRoot: true } status ? status.MountId : 0;
    }
}
