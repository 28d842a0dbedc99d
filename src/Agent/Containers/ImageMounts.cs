using Skiff.Agent.Volumes;
using Skiff.Interop;
using Skiff.Interop.Mounts;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Containers;

/// <summary>Images that are mounted into containers: their layers over each other, and nothing to write to.</summary>
/// <param name="layers">Has the layers.</param>
/// <param name="runDirectory">A volatile directory of the caller's own, for what is mounted in passing.</param>
/// <param name="label">SELinux label of the files; empty for none.</param>
/// <param name="mapping">The container's ids, or null.</param>
internal sealed class ImageMounts(ISnapshotter layers, string runDirectory, string label, UserMapping? mapping)
{
    /// <summary>The image, or the part of it that is asked for; a detached mount, owned by the caller.</summary>
    public Fd Make(Mount mount)
    {
        IReadOnlyList<string> lowers = layers.LowerDirectories(Array.ConvertAll(mount.DiffIds, Digest.Parse));
        Fd view = mapping is null ? RootFilesystem.MountView(lowers, runDirectory, label)
            : MappedRoot.MountView(lowers, runDirectory, label, mapping);
        Fd tree = view;
        try
        {
            if (mount.Subpath.Length > 0) tree = PartOf(view, mount);
            Mounts.SetAttributes(tree, MountConstants.MOUNT_ATTR_RDONLY);
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
        finally
        {
            if (tree != view) view.Dispose();
        }
    }

    // The kernel copies a part of a mount only where that is attached.
    private Fd PartOf(Fd view, Mount mount)
    {
        string passing = Path.Combine(runDirectory, "image");
        Files.MakeDirectories(passing);
        return PrivateMounts.Run(() =>
        {
            Mounts.Attach(view, passing);
            using Fd root = Files.Open(passing, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
            using Fd part = Subpath.Open(root, mount.Subpath, $"image-subpath of {mount.Source}");
            return Mounts.CloneTree(part, "", recursive: false);
        });
    }
}
