using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>volume prune</c>.</summary>
internal sealed class VolumePruneVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("all", "Remove all unused volumes, not just anonymous ones", 'a'),
        Option.List("filter", "filter", "Provide filter values (e.g. \"label=<label>\")"),
        Option.Flag("force", "Do not prompt for confirmation", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "volume prune";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Remove unused local volumes";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        PruneFilter filter = VolumePruning.FilterOf(arguments.Values("filter"));
        bool all = arguments.Flag("all");
        string which = all ? "all" : "anonymous";
        if (!arguments.Flag("force") && !Confirmation.Ask(
            $"WARNING! This will remove {which} local volumes not used by at least one container.")) return 0;
        Output.Line($"Total reclaimed space: {HumanSize.Reclaimed(VolumePruning.Run(engine, filter, all))}");
        return 0;
    }
}
