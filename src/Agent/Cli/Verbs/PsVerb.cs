using System.Text;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>ps</c>.</summary>
internal sealed class PsVerb : Verb
{
    private readonly record struct Row(ContainerConfig Config, ContainerState State);

    private static readonly Option[] s_options =
    [
        Option.Flag("all", "Show all containers (default shows just running)", 'a'),
        Option.List("filter", "filter", "Filter output based on conditions provided", 'f'),
        Option.Value("format", "string",
            "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or 'TEMPLATE'"),
        Option.Value("last", "int", "Show n last created containers (includes all states) (default -1)", 'n'),
        Option.Flag("latest", "Show the latest created container (includes all states)", 'l'),
        Option.Flag("no-trunc", "Don't truncate output"),
        Option.Flag("quiet", "Only display container IDs", 'q'),
        Option.Flag("size", "Display total file sizes", 's'),
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
        bool full = arguments.Flag("no-trunc");
        int most = arguments.Flag("latest") ? 1 : (int)Math.Clamp(arguments.Number("last") ?? -1, -1, int.MaxValue);
        var filter = new ContainerFilter(engine, arguments.Values("filter"));
        List<Row> rows = [.. engine.List(arguments.Flag("all") || most > 0 || filter.HasStatus)
            .Select(row => new Row(row.Config, row.State))];
        rows.RemoveAll(r => !filter.Matches(r.Config, r.State));
        if (most > 0 && rows.Count > most) rows.RemoveRange(most, rows.Count - most);
        if (arguments.Flag("quiet"))
        {
            foreach (Row row in rows) Output.Line(IdOf(row.Config, full));
            return 0;
        }
        string? format = arguments.Value("format");
        // Sizes cost a look at every file: only for whoever asks for them.
        bool sizes = arguments.Flag("size") || (format?.Contains(".Size", StringComparison.Ordinal) ?? false);
        Output.Text(Columns(full, arguments.Flag("size"), r => sizes ? SizeOf(engine, r.Config) : "0B",
            r => PortsOf(engine, r)).Render(rows, format));
        return 0;
    }

    private static Listing<Row> Columns(bool full, bool showSize, Func<Row, string> size, Func<Row, string> ports)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new Listing<Row>(
            new("ID", "CONTAINER ID", r => IdOf(r.Config, full)),
            new("Image", "IMAGE", r => r.Config.Image),
            new("Command", "COMMAND", r => CommandOf(r.Config, full)),
            new("RunningFor", "CREATED", r => HumanDuration.Since(r.Config.Created, now)),
            new("Status", "STATUS", r => StatusOf(r.State, now)),
            new("Ports", "PORTS", ports),
            new("Names", "NAMES", r => r.Config.Name),
            new("Size", "SIZE", size, Shown: showSize),
            new("State", "STATE", r => r.State.Status, Shown: false),
            new("CreatedAt", "CREATED AT", r =>
                r.Config.Created.ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'"), Shown: false),
            new("Networks", "NETWORKS", r => NetworksOf(r.Config), Shown: false),
            new("Mounts", "MOUNTS", r => MountsOf(r.Config, full), Shown: false),
            new("LocalVolumes", "LOCAL VOLUMES", r =>
                $"{r.Config.Mounts.Count(mount => mount.Type == "volume")}", Shown: false),
            new("Platform", "PLATFORM", _ => Platform.Host.ToString(), Shown: false),
            new("Labels", "LABELS", r =>
                string.Join(',', r.Config.Labels.Select(l => $"{l.Key}={l.Value}")), Shown: false))
        {
            Labels = r => r.Config.Labels,
        };
    }

    // Only one that publishes ports is looked up.
    private static string PortsOf(Engine engine, Row row) => row.State.Pid == 0 || row.Config.Ports.Length == 0 ? ""
        : string.Join(", ", engine.Networks.EndpointsOf(row.Config.Id).SelectMany(end => end.Ports));

    private static string NetworksOf(ContainerConfig config) => !config.HasNetworks ? config.NetworkMode
        : string.Join(',', config.Attachments.Select(settings => settings.Network).Order(StringComparer.Ordinal));

    private static string SizeOf(Engine engine, ContainerConfig config)
    {
        (long written, long root) = engine.SizesOf(config);
        return $"{HumanSize.Decimal(written)} (virtual {HumanSize.Decimal(root)})";
    }

    private static string MountsOf(ContainerConfig config, bool full)
    {
        const int width = 15;
        return string.Join(',', config.Mounts.Where(mount => mount.Type != "tmpfs").Select(mount =>
            full || mount.Source.Length <= width ? mount.Source : mount.Source[..(width - 1)] + "…"));
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
        "dead" => "Dead",
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
        string command = CommandLine(config);
        if (!full && command.Length > width) command = command[..(width - 1)] + "…";
        return $"\"{command.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"";
    }

    /// <summary>A container's command as Docker lists it: arguments that have blanks in them between quotes.</summary>
    internal static string CommandLine(ContainerConfig config)
    {
        var line = new StringBuilder(config.Args[0]);
        foreach (string argument in config.Args.AsSpan(1))
            if (argument.Contains(' ')) line.Append(" '").Append(argument).Append('\'');
            else line.Append(' ').Append(argument);
        return line.ToString();
    }
}
