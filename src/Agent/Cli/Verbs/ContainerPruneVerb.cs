using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>container prune</c>.</summary>
internal sealed class ContainerPruneVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.List("filter", "filter", "Provide filter values (e.g. \"until=<timestamp>\")"),
        Option.Flag("force", "Do not prompt for confirmation", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "container prune";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Remove all stopped containers";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        var filter = new PruneFilter(arguments.Values("filter"));
        if (filter.Dangling is not null) throw new UsageException("invalid filter 'dangling'");
        if (!arguments.Flag("force") && !Confirmation.Ask("WARNING! This will remove all stopped containers."))
            return 0;
        Output.Line($"Total reclaimed space: {HumanSize.Reclaimed(ContainerPruning.Run(engine, filter))}");
        return 0;
    }
}
