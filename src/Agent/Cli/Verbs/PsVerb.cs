using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>ps</c>.</summary>
internal sealed class PsVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("all", "Show all containers (default shows just running)", 'a'),
        Option.List("filter", "filter", "Filter output based on conditions provided (id, name, label, status)", 'f'),
        Option.Flag("latest", "Show the latest created container (includes all states)", 'l'),
        Option.Flag("no-trunc", "Don't truncate output"),
        Option.Flag("quiet", "Only display container IDs", 'q'),
    ];

    /// <inheritdoc/>
    public override string Name => "ps";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "List containers";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        bool all = arguments.Flag("all") || arguments.Flag("latest"), full = arguments.Flag("no-trunc"), quiet = arguments.Flag("quiet");
        List<(ContainerConfig Config, ContainerState State)> rows = engine.List(all || arguments.Values("filter").Any(f => f.StartsWith("status=", StringComparison.Ordinal)));
        rows.RemoveAll(r => !ContainerFilter.Matches(arguments.Values("filter"), r.Config, r.State));
        if (arguments.Flag("latest") && rows.Count > 1) rows.RemoveRange(1, rows.Count - 1);
        var table = new Table(["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]);
        foreach (var (config, state) in rows)
        {
            string id = full ? config.Id : config.Id[..12];
            if (quiet) Output.Line(id);
            else table.Add([id, config.Image, CommandOf(config, full), HumanText.Ago(config.Created), HumanText.Status(state), string.Join(", ", state.Endpoint?.Ports ?? []), config.Name]);
        }
        if (!quiet) table.Print();
        return 0;
    }

    private static string CommandOf(ContainerConfig config, bool full)
    {
        const int width = 20;
        string command = string.Join(' ', config.Args);
        if (!full && command.Length > width) command = command[..(width - 1)] + "…";
        return $"\"{command}\"";
    }
}
