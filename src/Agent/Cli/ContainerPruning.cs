using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>Removes stopped containers, for <c>container prune</c> and <c>system prune</c>.</summary>
internal static class ContainerPruning
{
    /// <summary>Removes those that the filter fits, lists them, and returns the bytes that they had written.</summary>
    public static long Run(Engine engine, PruneFilter filter)
    {
        (List<string> gone, long bytes) = Prune(engine, filter, static _ => true);
        if (gone.Count > 0) Output.Line($"Deleted Containers:\n{string.Join('\n', gone)}\n");
        return bytes;
    }

    /// <summary>Removes those that the filter fits; returns them, and the bytes that they had written.</summary>
    /// <param name="engine">Has them.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="may">Whether one may go besides.</param>
    public static (List<string> Gone, long Bytes) Prune(
        Engine engine, PruneFilter filter, Func<ContainerConfig, bool> may)
    {
        long bytes = 0;
        List<string> gone = [];
        // One that `run` has made but not started yet is no stopped one: `run` holds the store until then.
        using StoreLock alone = engine.Images.Lock(exclusive: true, null);
        foreach (var (config, state) in engine.List(all: true))
        {
            if (state.IsActive || !may(config) || !filter.Fits(config.Created, config.Labels)) continue;
            long written = engine.WrittenBy(config);
            if (!engine.TryRemove(config, withVolumes: false))
            {
                if (engine.StateOf(config) is { Status: "dead" } dead) engine.Warn(
                    $"container {config.Name} is dead: {dead.Error}");
                continue;
            }
            gone.Add(config.Id);
            bytes += written;
        }
        engine.Events.Write("container", "prune", "", ("reclaimed", $"{bytes}"));
        return (gone, bytes);
    }
}
