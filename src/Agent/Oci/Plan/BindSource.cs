using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Oci.Spec;
using Skiff.Agent.RuntimeSpec;
using Skiff.Agent.Volumes;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci.Plan;

/// <summary>
/// A mount that is made before its container exists, detached: a bind mount, or a tmpfs that begins as a copy. Owns its
/// descriptor.
/// </summary>
/// <param name="Tree">The mount.</param>
/// <param name="IsDirectory">What it is mounted on.</param>
internal sealed record BindSource(Fd Tree, bool IsDirectory) : IDisposable
{
    /// <summary>Makes it.</summary>
    /// <param name="mount">The entry.</param>
    /// <param name="bundle">Where relative sources start.</param>
    /// <param name="linux">The container's own mapping of ids, for mounts that ask for it.</param>
    public static BindSource Open(MountEntry mount, string bundle, LinuxSpec linux)
    {
        string source = Path.Combine(bundle, mount.Source);
        Errno errno = Files.TryOpenAt(Fd.Cwd, source, OpenFlags.O_PATH, 0, out Fd? location);
        if (errno != Errno.None)
            throw new LinuxException(errno, "openat", source, $"mounting {mount.Destination}: its source");
        using (location)
        {
            if (mount.Options.Relabel.Length > 0 && linux.MountLabel.Length > 0)
                FileLabels.Apply(location!, linux.MountLabel, shared: mount.Options.Relabel == "z");
            Fd tree = Mounts.CloneTree(location!, "", mount.Options.IsRecursive);
            try
            {
                mount.Options.ApplyTo(tree);
                if (mount.IsMapped) Map(tree, mount, linux);
                return new BindSource(tree, Files.Stat(location!).IsDirectory);
            }
            catch
            {
                tree.Dispose();
                throw;
            }
        }
    }

    /// <summary>A tmpfs with what the root has there now.</summary>
    public static BindSource CopyUp(MountEntry mount, Fd root, string label)
    {
        string[] context = label.Length > 0 && !mount.Options.HasLabel ? [$"context={label}"] : [];
        Fd tree = Mounts.CreateFilesystem("tmpfs", ["source=tmpfs", .. mount.Options.Data, .. context],
            (uint)mount.Options.Set & ~MountConstants.MOUNT_ATTR_RDONLY);
        try
        {
            CopyInto(tree, mount.Destination, root);
            if ((mount.Options.Set & MountConstants.MOUNT_ATTR_RDONLY) != 0)
                Mounts.SetAttributes(tree, MountConstants.MOUNT_ATTR_RDONLY);
            return new BindSource(tree, IsDirectory: true);
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Tree.Dispose();

    private static void CopyInto(Fd tree, string destination, Fd root)
    {
        Errno errno = Files.TryOpenAt2(root, destination.Trim('/'), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0,
            ResolveFlags.RESOLVE_IN_ROOT | ResolveFlags.RESOLVE_NO_MAGICLINKS, out Fd? source);
        if (errno is Errno.ENOENT or Errno.ENOTDIR) return;
        if (errno != Errno.None) throw new LinuxException(errno, "openat2", destination, "copying into a tmpfs");
        using (source)
        using (Fd target = Files.OpenAt(tree, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY))
            TreeCopy.Copy(source!, target);
    }

    private static void Map(Fd tree, MountEntry mount, LinuxSpec linux)
    {
        bool own = mount.UidMappings.Length + mount.GidMappings.Length > 0;
        IdRange[] uids = own ? mount.UidMappings : linux.UidMappings;
        IdRange[] gids = own ? mount.GidMappings : linux.GidMappings;
        if (uids.Length == 0 || gids.Length == 0)
            throw new UsageException($"the mount of {mount.Destination} is to be idmapped, but neither it nor the"
                + " container has uidMappings and gidMappings");
        using Fd ids = UserNamespace.Create(new IdMap(uids), new IdMap(gids));
        Mounts.SetIdMap(tree, ids, mount.Options.MapsRecursively);
    }
}
