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
                    throw new UsageException(
                        $"cannot remove container \"{config.Name}\": container is {state.Status}: stop the container "
                            + $"before removing or force remove");
                Stop(config, 0);
            }
            if (Containers.TryClaim(config.Id) is { } claim) return claim;
            if (!force || Environment.TickCount64 > end)
                throw new UsageException($"cannot remove container \"{config.Name}\": it is being started or removed "
                    + "by somebody else: try again");
            WaitForChange(config.Id, end);
        }
    }

    // Until the monitor that is starting the container has written its state, or the directory goes with its owner.
    private void WaitForChange(string id, long end)
    {
        using var changes = new Inotify();
        try
        {
            changes.Add(Containers.RunDirectory(id),
                InotifyMask.IN_MOVED_TO | InotifyMask.IN_DELETE_SELF | InotifyMask.IN_ONLYDIR);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return;
        }
        // It may have happened before the watch was there.
        if (Containers.ReadRunState(id) is not null) return;
        Files.Poll(changes.Fd, PollEvents.POLLIN, (int)Math.Max(0, end - Environment.TickCount64));
    }
}
