using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Manager;

/// <summary>Overviews.</summary>
internal sealed partial class Engine
{
    // A create takes milliseconds; what has been half there for so long was cut off.
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromMinutes(1);

    private static DateTimeOffset BootTime =>
        DateTimeOffset.UtcNow - TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>Running containers, or all; newest first.</summary>
    public List<(ContainerConfig Config, ContainerState State)> List(bool all)
    {
        var rows = new List<(ContainerConfig Config, ContainerState State)>();
        if (all)
        {
            Containers.RemoveLeftovers(LeftoverAge);
            Volumes.RemoveLeftovers();
            foreach (string id in Containers.RunningIds())
                if (Containers.ReadRunState(id) is null)
                    Orphans.ReapUnstarted(this, id, LeftoverAge);
            foreach (ContainerConfig config in Containers.List())
                if (!RemoveIfOutlived(config))
                    rows.Add((config, StateOf(config)));
        }
        else
        {
            foreach (string id in Containers.RunningIds())
                if (Containers.TryRead(id) is { } config && StateOf(config) is { IsActive: true } state)
                    rows.Add((config, state));
        }
        rows.Sort((a, b) => b.Config.Created.CompareTo(a.Config.Created));
        return rows;
    }

    // A container that was to be removed at its end, and whose end was that of the host: no monitor was left to do it.
    private bool RemoveIfOutlived(ContainerConfig config)
    {
        if (!config.AutoRemove || config.Created >= BootTime
            || Containers.ReadRunState(config.Id) is not null) return false;
        return TryRemove(config, withVolumes: true);
    }

    /// <summary>Which containers use which images, for removal.</summary>
    public IReadOnlyList<ImageUse> ImageUses()
    {
        var uses = new List<ImageUse>();
        foreach (ContainerConfig config in Containers.List())
        {
            bool running = StateOf(config).IsActive;
            uses.Add(new ImageUse(config.Id, Digest.Parse(config.ImageId), running));
            foreach (Mount mount in config.Mounts)
                if (mount.ImageId.Length > 0) uses.Add(new ImageUse(config.Id, Digest.Parse(mount.ImageId), running));
        }
        return uses;
    }

    /// <summary>Removes a volume unless a container has it, running or not.</summary>
    public void RemoveVolume(string name, bool missingIsFine)
    {
        if (missingIsFine && !Volumes.Exists(name)) return;
        var users = new List<string>();
        foreach (ContainerConfig config in Containers.List())
            if (Array.Exists(config.Mounts, m => m.Type == "volume" && m.Source == name))
                users.Add(config.Id);
        Volumes.Remove(name, users);
    }
}
