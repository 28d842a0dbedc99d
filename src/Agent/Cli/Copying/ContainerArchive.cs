using System.Text;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;
using Skiff.Layers.Archives;
using Skiff.Layers.Tar;

namespace Skiff.Agent.Cli.Copying;

/// <summary>Files of a container as a tar, and a tar's files into a container.</summary>
internal static class ContainerArchive
{
    /// <summary>Writes a tar of what a path names.</summary>
    /// <param name="tree">The container's files.</param>
    /// <param name="path">A path in them.</param>
    /// <param name="follow">Whether a symlink at its end stands for what it leads to.</param>
    /// <param name="sink">Gets the tar.</param>
    /// <param name="cancellation">Ends it.</param>
    public static void Write(
        ContainerTree tree, CopyPath path, bool follow, TarSink sink, CancellationToken cancellation)
    {
        TreeSource source =
            CopyEnds.OpenSource(path, follow, tree.DevMount, out _) with { Owners = tree.Owners };
        using Fd opened = source.Directory;
        TreeTransfer.Write(source, sink, cancellation);
    }

    /// <summary>
    /// Extracts a tar into a directory. Names in it may lead through symlinks of the container: within its root.
    /// </summary>
    /// <param name="tree">The container's files.</param>
    /// <param name="to">The directory, which has to be there.</param>
    /// <param name="tar">Plain or compressed; is disposed of.</param>
    /// <param name="replaces">See <see cref="TreeTarget.Replaces"/>.</param>
    /// <param name="cancellation">Ends it; what was extracted stays.</param>
    public static void Extract(
        ContainerTree tree, CopyPath to, Stream tar, bool replaces, CancellationToken cancellation)
    {
        CopyPath path = to.FollowLinks();
        CopyEnds.OpenTarget(path, path.Path).Dispose();
        TreeTransfer.Extract(tar, new TreeTarget(path.Root, Encoding.UTF8.GetBytes(path.Path.Trim('/')), path.Path,
            path.Resolve, KeepOwner: true, tree.Owners, replaces), cancellation);
    }

    /// <summary>Does what writes to a container's files, as who owns them, and tells where nothing can be written.
    /// </summary>
    public static void Writing(ContainerTree tree, CopyPath path, Action copy)
    {
        // With the host's root as its owner, nothing could be made in a mount that shows other ids.
        using FileIdentity? identity = tree.Owners?.ActAsRoot();
        try
        {
            copy();
        }
        catch (LinuxException e) when (e.Errno == Errno.EROFS)
        {
            CopyPath real = path.FollowLinks();
            bool isRoot = (real.TryOpenDirectory(real.Path, out Fd? place) != Errno.None
                    && real.TryOpenDirectory(real.Parent, out place) != Errno.None)
                || Files.Stat(place!).MountId == Files.Stat(tree.Root).MountId;
            place?.Dispose();
            throw UsageException.Forbidden(
                isRoot ? "container rootfs is marked read-only" : "mounted volume is marked read-only");
        }
    }
}
