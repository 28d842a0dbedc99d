using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Manager;

/// <summary>Removing containers, while others may be starting or removing the same ones.</summary>
internal sealed partial class Engine
{
    private const int StartTimeoutMs = 10_000;

    /// <summary>Removes a container that is not running, or with <paramref name="force"/> any.</summary>
    public void Remove(ContainerConfig config, bool force, bool withVolumes)
    {
        using Fd claim = Claim(config, force);
        RemoveClaimed(config, withVolumes);
    }

    /// <summary>
    /// Removes a container, but not one that runs, is being started or is gone: then it returns false.
    /// </summary>
    public bool TryRemove(ContainerConfig config, bool withVolumes)
    {
        using Fd? claim = Containers.TryClaim(config.Id);
        if (claim is null) return false;
        bool isThere = Containers.TryRead(config.Id) is not null;
        RemoveClaimed(config, withVolumes);
        return isThere;
    }

    private void RemoveClaimed(ContainerConfig config, bool withVolumes)
    {
        Orphans.GiveBackUnstarted(this, config);
        ContainerRemoval.Remove(Containers, Volumes, config, withVolumes);
        // What it was made from may now be unused; until now it was not.
        string images = ImageStore.DirectoryBelow(Roots);
        new ImageRecords(images, [], new StoreStamp(images)).Touch(Digest.Parse(config.ImageId));
    }

    private Fd Claim(ContainerConfig config, bool force)
    {
        long end = Environment.TickCount64 + StartTimeoutMs;
        while (true)
        {
            if (StateOf(config) is { IsActive: true } state)
            {
                if (!force)
                    throw UsageException.Conflict(
                        $"cannot remove container \"{config.Name}\": container is {state.Status}: stop the container "
                            + $"before removing or force remove");
                Stop(config, 0);
            }
            if (Containers.TryClaim(config.Id) is { } claim) return claim;
            if (!force || Environment.TickCount64 > end)
                throw UsageException.Conflict($"cannot remove container \"{config.Name}\": it is being started or "
                    + "removed by somebody else: try again");
            WaitForStart(config.Id, end);
        }
    }

    // Until the monitor that is starting the container has written its state, or the directory goes with its owner.
    private void WaitForStart(string id, long end) =>
        WaitForState(id, end, () => Containers.ReadRunState(id) is not null);

    /// <summary>
    /// Waits until the volatile state of a container is as <paramref name="happened"/> wants it, or gone; false when
    /// it is not at <paramref name="end"/>, in <see cref="Environment.TickCount64"/>.
    /// </summary>
    internal bool WaitForState(string id, long end, Func<bool> happened)
    {
        string directory = Containers.RunDirectory(id);
        using var changes = new Inotify();
        try
        {
            changes.Add(directory, InotifyMask.IN_MOVED_TO | InotifyMask.IN_DELETE_SELF | InotifyMask.IN_ONLYDIR);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return true;
        }
        // Looked at after the watch is there: it may have happened before.
        Span<byte> events = stackalloc byte[1024];
        while (!happened() && Files.Exists(directory))
        {
            long left = end - Environment.TickCount64;
            if (left <= 0) return false;
            Files.Poll(changes.Fd, PollEvents.POLLIN, (int)left);
            while (changes.TryRead(events, out _)) { }
        }
        return true;
    }
}
