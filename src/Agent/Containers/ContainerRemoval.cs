using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Containers;

/// <summary>Takes away a container that has ended, with the anonymous volumes that were made for it.</summary>
internal static class ContainerRemoval
{
    /// <summary>
    /// Removes record, name, upper directory and, when asked for, anonymous volumes. Of one that could not be removed
    /// whole, because something is mounted below its files or they may not be changed, what is left gets its record
    /// back: it is dead, and another removal can finish it.
    /// </summary>
    /// <returns>Null, or why it is dead.</returns>
    public static string? Remove(ContainerStore store, VolumeModule volumes, ContainerConfig config, bool withVolumes)
    {
        ContainerState before = StateOf(store, config.Id);
        try
        {
            store.Remove(config.Id, config.Name, durable: !config.AutoRemove);
        }
        catch (LinuxException e)
        {
            store.Keep(config, before with
            {
                Status = "dead", Error = e.Message, Boot = "",
                FinishedAt = before.FinishedAt == default ? DateTimeOffset.UtcNow : before.FinishedAt,
            });
            return e.Message;
        }
        if (config.StorageSizeBytes > 0) StorageLimit.Release(store.Parent, config.Id);
        store.Events.Write(config, "destroy");
        if (!withVolumes) return null;
        foreach (Mount mount in config.Mounts)
            if (mount is { Type: "volume", Anonymous: true })
                volumes.RemoveIfExists(mount.Source);
        return null;
    }

    // A record that cannot be read keeps nobody from removing the container.
    private static ContainerState StateOf(ContainerStore store, string id)
    {
        try
        {
            return store.ReadDurableState(id);
        }
        catch (ImageException)
        {
            return new ContainerState();
        }
    }
}
