using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>volume ls</c>.</summary>
internal sealed class VolumeLsVerb : Verb
{
    private static readonly Option[] s_options =
    [
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
        List<Volume> volumes = engine.Volumes.List();
        if (arguments.Flag("quiet"))
        {
            foreach (Volume volume in volumes) Output.Line(volume.Name);
            return 0;
        }
        var listing = new Listing<Volume>(
            new("Driver", "DRIVER", _ => "local"), new("Name", "VOLUME NAME", v => v.Name),
            new("Mountpoint", "MOUNTPOINT", v => engine.Volumes.DataDirectory(v.Name), Shown: false));
        Output.Text(listing.Render(volumes, arguments.Value("format")));
        return 0;
    }
}
