using Skiff.Agent.Cli.Display;
using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>system prune</c>: stopped containers, then the images that nothing needs after that.</summary>
internal sealed class SystemPruneVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("all", "Remove all unused images not just dangling ones", 'a'),
        Option.List("filter", "filter", "Provide filter values (e.g. \"label=<key>=<value>\")"),
        Option.Flag("force", "Do not prompt for confirmation", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "system prune";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Remove unused data";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        var filter = new PruneFilter(arguments.Values("filter"));
        bool all = arguments.Flag("all");
        string images = all ? "all images without at least one container associated to them" : "all dangling images";
        string warning = $"WARNING! This will remove:\n  - all stopped containers\n  - {images}\n";
        if (!arguments.Flag("force") && !Confirmation.Ask(warning)) return 0;
        long bytes = RemoveContainers(engine, filter);
        PruneResult result = new ImageRemoval(engine.Images, engine.ImageUses).Prune(all, filter.Fits);
        ImagePruneVerb.Print(result);
        Output.Line($"Total reclaimed space: {HumanSize.Decimal(bytes + result.Bytes)}");
        return 0;
    }

    private static long RemoveContainers(Engine engine, PruneFilter filter)
    {
        long bytes = 0;
        List<string> gone = [];
        IReadOnlyList<ContainerUsage> containers = engine.DiskUsage().Containers;
        // One that `run` has made but not started yet is no stopped one: `run` holds the store until then.
        using StoreLock alone = engine.Images.Lock(exclusive: true, null);
        foreach (ContainerUsage container in containers)
        {
            ContainerConfig config = container.Config;
            if (container.State.IsActive || !filter.Fits(config.Created, config.Labels)) continue;
            if (!engine.TryRemove(config, withVolumes: false)) continue;
            gone.Add(config.Id);
            bytes += container.Bytes;
        }
        if (gone.Count > 0) Output.Line($"Deleted Containers:\n{string.Join('\n', gone)}\n");
        return bytes;
    }
}
