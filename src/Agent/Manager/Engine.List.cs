using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Volumes;
using Skiff.Interop;
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
            Volumes.RemoveLeftovers(LeftoverAge);
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

    /// <summary>The volumes that containers have, running or not.</summary>
    public HashSet<string> UsedVolumes() => [.. Containers.List().SelectMany(config => config.Volumes)];

    /// <summary>Removes a volume unless a container has it, running or not.</summary>
    public void RemoveVolume(string name, bool missingIsFine)
    {
        if (missingIsFine && !Volumes.Exists(name)) return;
        Volumes.Remove(name, Containers.List().Where(config => config.Volumes.Contains(name)).Select(c => c.Id));
    }

    /// <summary>Removes the volumes that no container has, as far as <paramref name="fits"/> wants it.</summary>
    /// <param name="fits">Which of them.</param>
    /// <param name="bytes">What was in them.</param>
    /// <returns>The names of those that have gone.</returns>
    public List<string> PruneVolumes(Func<Volume, bool> fits, out long bytes)
    {
        HashSet<string> used = UsedVolumes();
        var gone = new List<string>();
        bytes = 0;
        foreach (Volume volume in Volumes.List())
        {
            if (used.Contains(volume.Name) || !fits(volume)) continue;
            // What is mounted is on no disk of the engine's.
            long own = volume.IsMounted ? 0 : TreeSize.Of(Volumes.DataDirectory(volume.Name));
            Volumes.RemoveIfExists(volume.Name);
            gone.Add(volume.Name);
            bytes += own;
        }
        Events.Write("volume", "prune", "", ("reclaimed", $"{bytes}"));
        return gone;
    }
}
