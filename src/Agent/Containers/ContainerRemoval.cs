using Skiff.Agent.Volumes;

namespace Skiff.Agent.Containers;

/// <summary>Takes away a container that has ended, with the anonymous volumes that were made for it.</summary>
internal static class ContainerRemoval
{
    /// <summary>Removes record, name, upper directory and, when asked for, anonymous volumes.</summary>
    public static void Remove(ContainerStore store, VolumeModule volumes, ContainerConfig config, bool withVolumes)
    {
        store.Remove(config.Id, config.Name, durable: !config.AutoRemove);
        if (config.StorageSizeBytes > 0) StorageLimit.Release(store.Parent, config.Id);
        store.Events.Write(config, "destroy");
        if (!withVolumes) return;
        foreach (Mount mount in config.Mounts)
            if (mount is { Type: "volume", Anonymous: true })
                volumes.RemoveIfExists(mount.Source);
    }
}
