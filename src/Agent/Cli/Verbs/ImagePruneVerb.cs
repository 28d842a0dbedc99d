using Skiff.Agent.Cli.Display;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>image prune</c>.</summary>
internal sealed class ImagePruneVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("all", "Remove all unused images, not just dangling ones", 'a'),
        Option.List("filter", "filter", "Provide filter values (e.g. \"until=<timestamp>\")"),
        Option.Flag("force", "Do not prompt for confirmation", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "image prune";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Remove unused images";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        var filter = new PruneFilter(arguments.Values("filter"));
        bool all = arguments.Flag("all") || filter.Dangling == false;
        string what = all ? "all images without at least one container associated to them" : "all dangling images";
        if (!arguments.Flag("force") && !Confirmation.Ask($"WARNING! This will remove {what}.")) return 0;
        PruneResult result = engine.PruneImages(all, filter.Fits);
        Print(result);
        Output.Line($"Total reclaimed space: {HumanSize.Reclaimed(result.Bytes)}");
        return 0;
    }

    /// <summary>The list of what went, if anything did.</summary>
    internal static void Print(PruneResult result)
    {
        if (result.Lines.Count == 0) return;
        Output.Line("Deleted Images:");
        foreach (string line in result.Lines) Output.Line(line);
        Output.Line("");
    }
}
