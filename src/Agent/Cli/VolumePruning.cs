using Skiff.Agent.Images;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>Removes volumes that no container has, for <c>volume prune</c> and <c>system prune</c>.</summary>
internal static class VolumePruning
{
    /// <summary>Removes those that the filter fits, lists them, and returns the bytes that were in them.</summary>
    /// <param name="engine">Has them.</param>
    /// <param name="filter">What the user asks for.</param>
    /// <param name="all">Also those that somebody has named.</param>
    public static long Run(Engine engine, PruneFilter filter, bool all)
    {
        // A volume that is made for a container belongs to it when its record is written: until then `create` holds
        // the store.
        using StoreLock alone = engine.Images.Lock(exclusive: true, null);
        List<string> gone = engine.PruneVolumes(
            volume => (all || volume.Anonymous) && filter.Fits(volume.CreatedAt, volume.Labels), out long bytes);
        if (gone.Count > 0) Output.Line($"Deleted Volumes:\n{string.Join('\n', gone)}\n");
        return bytes;
    }
}
