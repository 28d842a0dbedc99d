using Skiff.Agent.Cli.Display;
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
        Option.Value("format", "string",
            "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or 'TEMPLATE'"),
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
        bool all = arguments.Flag("all") || arguments.Flag("latest"), full = arguments.Flag("no-trunc"), quiet =
            arguments.Flag("quiet");
        List<(ContainerConfig Config, ContainerState State)> rows =
            engine.List(all || arguments.Values("filter").Any(f => f.StartsWith("status=", StringComparison.Ordinal)));
        rows.RemoveAll(r => !ContainerFilter.Matches(arguments.Values("filter"), r.Config, r.State));
        if (arguments.Flag("latest") && rows.Count > 1) rows.RemoveRange(1, rows.Count - 1);
        if (quiet)
        {
            foreach (var (config, _) in rows) Output.Line(IdOf(config, full));
            return 0;
        }
        DateTimeOffset now = DateTimeOffset.UtcNow;
        var listing = new Listing<(ContainerConfig Config, ContainerState State)>(
            new("ID", "CONTAINER ID", r => IdOf(r.Config, full)), new("Image", "IMAGE", r => r.Config.Image),
            new("Command", "COMMAND", r => CommandOf(r.Config, full)),
                new("RunningFor", "CREATED", r => HumanDuration.Since(r.Config.Created, now)),
            new("Status", "STATUS", r => StatusOf(r.State, now)),
                new("Ports", "PORTS", r => string.Join(", ", r.State.Endpoint?.Ports ?? [])),
            new("Names", "NAMES", r => r.Config.Name), new("State", "STATE", r => r.State.Status, Shown: false),
            new("CreatedAt", "CREATED AT", r => r.Config.Created.ToString("u"), Shown: false),
            new("Networks", "NETWORKS", r => r.Config.NetworkMode, Shown: false),
            new("Labels", "LABELS", r =>
                string.Join(',', r.Config.Labels.Select(l => $"{l.Key}={l.Value}")), Shown: false));
        Output.Text(listing.Render(rows, arguments.Value("format")));
        return 0;
    }

    private static string IdOf(ContainerConfig config, bool full) => full ? config.Id : config.Id[..12];

    internal static string StatusOf(ContainerState state, DateTimeOffset now) => state.Status switch
    {
        "running" => "Up " + HumanDuration.Of(now - state.StartedAt) + HealthOf(state.Health),
        "paused" => $"Up {HumanDuration.Of(now - state.StartedAt)} (Paused)",
        "restarting" => $"Restarting ({state.ExitCode}) {HumanDuration.Since(state.FinishedAt, now)}",
        "exited" =>
            $"Exited ({state.ExitCode}) "
                + $"{HumanDuration.Since(state.FinishedAt == default ? state.StartedAt : state.FinishedAt, now)}",
        _ => "Created",
    };

    private static string HealthOf(string health) => health switch
    {
        "" => "",
        "starting" => " (health: starting)",
        _ => $" ({health})",
    };

    internal static string CommandOf(ContainerConfig config, bool full)
    {
        const int width = 20;
        string command = string.Join(' ', config.Args);
        if (!full && command.Length > width) command = command[..(width - 1)] + "…";
        return $"\"{command}\"";
    }
}
