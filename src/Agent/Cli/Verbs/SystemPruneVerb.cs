using Skiff.Agent.Cli.Display;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary>
/// <c>system prune</c>: stopped containers, then networks, volumes and images that nothing needs after that.
/// </summary>
internal sealed class SystemPruneVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("all", "Remove all unused images not just dangling ones", 'a'),
        Option.List("filter", "filter", "Provide filter values (e.g. \"label=<key>=<value>\")"),
        Option.Flag("force", "Do not prompt for confirmation", 'f'),
        Option.Flag("volumes", "Prune anonymous volumes"),
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
        bool all = arguments.Flag("all"), volumes = arguments.Flag("volumes");
        if (volumes && filter.HasUntil)
            throw new UsageException("The \"until\" filter is not supported with \"--volumes\"");
        if (!arguments.Flag("force") && !Confirmation.Ask(Warning(all, volumes))) return 0;
        long bytes = ContainerPruning.Run(engine, filter);
        NetworkPruneVerb.Prune(engine, filter);
        if (volumes) bytes += VolumePruning.Run(engine, filter, all: false);
        PruneResult result = engine.PruneImages(all, filter.Fits);
        ImagePruneVerb.Print(result);
        Output.Line($"Total reclaimed space: {HumanSize.Reclaimed(bytes + result.Bytes)}");
        return 0;
    }

    private static string Warning(bool all, bool volumes) => "WARNING! This will remove:\n  - all stopped containers\n"
        + "  - all networks not used by at least one container\n"
        + (volumes ? "  - all anonymous volumes not used by at least one container\n" : "")
        + $"  - {(all ? "all images without at least one container associated to them" : "all dangling images")}\n";
}
