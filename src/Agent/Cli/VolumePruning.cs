using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Cli;

/// <summary>Removes volumes that no container has, for <c>volume prune</c>, <c>system prune</c> and the API.</summary>
internal static class VolumePruning
{
    /// <summary>What a user asks for; volumes know neither <c>until</c> nor <c>dangling</c>.</summary>
    /// <exception cref="UsageException">A filter is unknown or malformed.</exception>
    public static PruneFilter FilterOf(IReadOnlyList<string> filters)
    {
        var filter = new PruneFilter(filters);
        if (filter.Dangling is not null) throw new UsageException("invalid filter 'dangling'");
        return filter.HasUntil ? throw new UsageException("invalid filter 'until'") : filter;
    }

    /// <summary>Removes those that the filter fits, lists them, and returns the bytes that were in them.</summary>
    /// <param name="engine">Has them.</param>
    /// <param name="filter">What the user asks for.</param>
    /// <param name="all">Also those that somebody has named.</param>
    public static long Run(Engine engine, PruneFilter filter, bool all)
    {
        List<string> gone = Remove(engine, filter, all, out long bytes);
        if (gone.Count > 0) Output.Line($"Deleted Volumes:\n{string.Join('\n', gone)}\n");
        return bytes;
    }

    /// <summary>The same without a word; returns their names.</summary>
    public static List<string> Remove(
        Engine engine, PruneFilter filter, bool all, out long bytes, Func<Volume, bool>? isSeen = null)
    {
        // A volume that is made for a container belongs to it when its record is written: until then `create` holds
        // the store.
        using StoreLock alone = engine.Images.Lock(exclusive: true, null);
        return engine.PruneVolumes(
            volume => (all || volume.Anonymous) && (isSeen is null || isSeen(volume))
                && filter.Fits(volume.CreatedAt, volume.Labels), out bytes);
    }
}
