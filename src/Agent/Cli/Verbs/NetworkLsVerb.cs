using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network ls</c>.</summary>
internal sealed class NetworkLsVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("no-trunc", "Do not truncate the output"),
        Option.Flag("quiet", "Only display network IDs", 'q'),
    ];

    /// <inheritdoc/>
    public override string Name => "network ls";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "List networks";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        var table = new Table(["NETWORK ID", "NAME", "DRIVER", "SCOPE"]);
        foreach (NetworkRecord network in engine.Networks.List())
        {
            string id = arguments.Flag("no-trunc") ? network.Id : network.Id[..12];
            if (arguments.Flag("quiet")) Output.Line(id);
            else table.Add([id, network.Name, network.Driver, network.Scope]);
        }
        if (!arguments.Flag("quiet")) table.Print();
        return 0;
    }
}
