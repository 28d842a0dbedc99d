using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Interop;
using Skiff.Layers.Archives;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;
using OciDefaults = Skiff.Layers.Oci.ContainerDefaults;

namespace Skiff.Agent.Manager;

/// <summary>Images and tars of containers.</summary>
internal sealed partial class Engine
{
    private static int s_views;

    /// <summary>Makes an image of a container, running or not, and returns its id.</summary>
    /// <param name="container">The container.</param>
    /// <param name="name">The image's name, or null.</param>
    /// <param name="author">Who; may be empty.</param>
    /// <param name="message">Why; may be empty.</param>
    /// <param name="changes">Dockerfile instructions to apply to its configuration.</param>
    /// <param name="pause">Freeze the container meanwhile, so that no file changes while it is read.</param>
    /// <param name="cancellation">Ends it; then nothing is left.</param>
    /// <param name="adjust">Makes of what containers of the image get by the container's configuration something else,
    /// before the changes.</param>
    public Digest Commit(ContainerConfig container, Reference? name, string author, string message,
        IReadOnlyList<string> changes, bool pause, CancellationToken cancellation,
        Func<OciDefaults, OciDefaults>? adjust = null)
    {
        CheckNotDead(container, "committed");
        Digest parent = Digest.Parse(container.ImageId);
        OciDefaults its = ContainerFactory.Defaults(container, Images.Open(parent).Config.Config);
        var request = new CommitRequest(parent, UpperOf(container), adjust is null ? its : adjust(its), changes,
            string.Join(' ', container.Cmd), author, message);
        // A rootless container without a cgroup cannot be frozen: what changes meanwhile is in the image or isn't.
        bool pausing = pause && ContainerCgroup.PathOf(container) is not null
            && StateOf(container).Status == "running";
        if (pausing) Pause(container);
        try
        {
            Digest id = new ImageCommit(Images).Run(request, name, cancellation);
            Events.Write("image", "create", id.ToString(), ("name", id.ToString()));
            if (name is not null) Events.Write("image", "tag", id.ToString(), ("name", name.Familiar));
            Events.Write(container, "commit", ("comment", message), ("imageID", id.ToString()),
                ("imageRef", name?.Familiar ?? ""));
            return id;
        }
        finally
        {
            if (pausing) EndPause(container);
        }
    }

    // Whoever has thawed it meanwhile, or ended it, has done the same; how the commit went is not hidden by it.
    private void EndPause(ContainerConfig container)
    {
        try
        {
            Unpause(container);
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            if (IsFrozen(container)) Warn(e.Message);
        }
    }

    /// <summary>
    /// Writes all files of a container, running or not, as one tar: what its root shows, without what is mounted into
    /// it.
    /// </summary>
    /// <param name="container">The container.</param>
    /// <param name="sink">Gets the tar.</param>
    /// <param name="cancellation">Looked at between pieces.</param>
    public void Export(ContainerConfig container, TarSink sink, CancellationToken cancellation)
    {
        CheckNotDead(container, "exported");
        using Fd root = View(container, [UpperOf(container)]);
        LayerImport.Export(root, sink, cancellation);
        Events.Write(container, "export");
    }

    /// <summary>What a container, running or not, changed in its files, in the order of paths.</summary>
    public IReadOnlyCollection<KeyValuePair<string, ChangeKind>> Changes(ContainerConfig container)
    {
        CheckNotDead(container, "compared");
        using Fd lower = View(container, []);
        return UpperChanges.List(
            UpperOf(container), lower, [.. ContainerNetwork.EtcFiles.Select(name => "/etc/" + name)]);
    }

    // Of one mount alone: other threads mount meanwhile.
    private string PassingDirectory() => Path.Combine(
        Roots.RunRoot, $"view-{Environment.ProcessId}-{Interlocked.Increment(ref s_views)}");

    private string UpperOf(ContainerConfig container) => Path.Combine(Containers.Directory(container.Id), "upper");

    // A container's layers and what lies over them. The layers stay mounted, as after a run, until Release.
    private Fd View(ContainerConfig container, ReadOnlySpan<string> above)
    {
        string passing = PassingDirectory();
        using FileLock turn = StartLock.Take(Roots, exclusive: false);
        try
        {
            IReadOnlyList<string> lowers = Images.Layers.LowerDirectories(
                Array.ConvertAll(container.DiffIds, Digest.Parse));
            return RootFilesystem.MountView([.. lowers, .. above], passing);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT && Containers.TryRead(container.Id) is null)
        {
            // It has been removed meanwhile, and with it what was to be mounted.
            throw NoSuchContainer(container);
        }
        finally
        {
            Trees.Remove(passing);
        }
    }
}
