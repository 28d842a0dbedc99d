using Skiff.Agent.Containers;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Manager;

/// <summary>Files of containers, by descriptor.</summary>
internal sealed partial class Engine
{
    /// <summary>
    /// Opens the files of a container. Nobody can start or remove one that does not run while its files are open for
    /// writing.
    /// </summary>
    public ContainerTree OpenTree(ContainerConfig config, bool writable)
    {
        CheckNotDead(config, "copied from or to");
        long end = Environment.TickCount64 + StartTimeoutMs;
        while (true)
        {
            ContainerState state = StateOf(config);
            if (state.Pid > 0)
            {
                if (ContainerTree.TryOpen(config, state) is { } tree) return tree;
                // It has just ended, and its state says so when its monitor is done.
                using MonitorClient? client = MonitorClient.TryConnect(Containers, config.Id);
                client?.WaitExited(KillTimeoutMs, out _);
                state = StateOf(config);
                if (state.Pid > 0) throw UsageException.Conflict($"container {config.Name} is ending: try again");
            }
            if (writable && state.IsActive)
                throw UsageException.Conflict(
                    $"container {config.Id} is restarting, wait until the container is running");
            if (!writable && Assemble(config, null) is { } view) return view;
            if (Containers.TryClaim(config.Id) is { } claim) return OpenClaimed(config, claim);
            if (Environment.TickCount64 > end)
                throw UsageException.Conflict($"cannot copy into container \"{config.Name}\": it is being started, "
                    + "removed or copied to by somebody else: try again");
            WaitForStart(config.Id, end);
        }
    }

    private ContainerTree OpenClaimed(ContainerConfig config, Fd claim)
    {
        try
        {
            if (Containers.TryRead(config.Id) is null) throw NoSuchContainer(config);
            return Assemble(config, claim)!;
        }
        catch
        {
            GiveBack(config, claim);
            throw;
        }
    }

    // Only who has claimed the container may mount its upper directory for writing.
    private ContainerTree? Assemble(ContainerConfig config, Fd? claim)
    {
        string passing = PassingDirectory();
        string attachPoint = Path.Combine(Roots.RunRoot, "rootfs");
        var images = new ImageMounts(Images.Layers, passing, config.MountLabel, mapping: null);
        try
        {
            return ContainerTree.TryAssemble(config, Volumes, images, Root, attachPoint, writable: claim is not null,
                () => GiveBack(config, claim));
        }
        finally
        {
            Trees.Remove(passing);
        }

        Fd Root()
        {
            if (claim is null) return View(config, [UpperOf(config)]);
            using FileLock turn = StartLock.Take(Roots, exclusive: false);
            return RootFilesystem.Mount(
                Images.Layers.LowerDirectories(Array.ConvertAll(config.DiffIds, Digest.Parse)),
                Containers.Directory(config.Id), passing, temporary: config.AutoRemove, config.MountLabel);
        }
    }

    private static UsageException NoSuchContainer(ContainerConfig config) =>
        UsageException.NotFound($"No such container: {config.Name}");

    private void GiveBack(ContainerConfig config, Fd? claim)
    {
        if (claim is null) return;
        Trees.Remove(Containers.RunDirectory(config.Id));
        claim.Dispose();
    }
}
