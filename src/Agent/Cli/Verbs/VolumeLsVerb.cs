using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>volume ls</c>.</summary>
internal sealed class VolumeLsVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("cluster", "Display only cluster volumes (not supported)"),
        Option.List("filter", "filter", "Provide filter values (e.g. \"dangling=true\")", 'f'),
        Option.Value("format", "string",
            "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or 'TEMPLATE'"),
        Option.Flag("quiet", "Only display volume names", 'q'),
    ];

    /// <inheritdoc/>
    public override string Name => "volume ls";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "List volumes";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        if (arguments.Flag("cluster")) throw new UsageException(
            "\"--cluster\" is not supported: it lists Swarm's cluster volumes, and there is no Swarm");
        var filter = new VolumeFilter(engine, arguments.Values("filter"));
        List<Volume> volumes = engine.Volumes.List().FindAll(filter.Fits);
        if (arguments.Flag("quiet"))
        {
            foreach (Volume volume in volumes) Output.Line(volume.Name);
            return 0;
        }
        var listing = new Listing<Volume>(
            new("Driver", "DRIVER", _ => "local"), new("Name", "VOLUME NAME", v => v.Name),
            new("Mountpoint", "MOUNTPOINT", v => engine.Volumes.DataDirectory(v.Name), Shown: false),
            new("Scope", "SCOPE", _ => "local", Shown: false),
            new("Labels", "LABELS", v => string.Join(',', v.Labels.Select(l => $"{l.Key}={l.Value}")), Shown: false),
            // As with docker: system df -v knows these.
            new("Links", "LINKS", _ => "N/A", Shown: false), new("Size", "SIZE", _ => "N/A", Shown: false),
            // Of cluster volumes.
            new("Availability", "AVAILABILITY", _ => "N/A", Shown: false),
            new("Group", "GROUP", _ => "N/A", Shown: false), new("Status", "STATUS", _ => "N/A", Shown: false))
        {
            Labels = v => v.Labels,
        };
        Output.Text(listing.Render(volumes, arguments.Value("format")));
        return 0;
    }
}
