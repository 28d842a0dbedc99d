using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network prune</c>.</summary>
internal sealed class NetworkPruneVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.List("filter", "filter", "Provide filter values (e.g. \"until=<timestamp>\")"),
        Option.Flag("force", "Do not prompt for confirmation", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "network prune";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Remove all unused networks";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        var filter = new PruneFilter(arguments.Values("filter"));
        if (filter.Dangling is not null) throw new UsageException("invalid filter 'dangling'");
        if (!arguments.Flag("force") && !Confirmation.Ask(
            "WARNING! This will remove all custom networks not used by at least one container.")) return 0;
        Prune(engine, filter);
        return 0;
    }

    /// <summary>Removes the networks that no container has and the filter fits, and lists them.</summary>
    public static void Prune(Engine engine, PruneFilter filter)
    {
        List<NetworkRecord> removed = engine.PruneNetworks(network => filter.Fits(network.Created, network.Labels));
        if (removed.Count == 0) return;
        Output.Line("Deleted Networks:");
        foreach (NetworkRecord network in removed) Output.Line(network.Name);
        Output.Line("");
    }
}
