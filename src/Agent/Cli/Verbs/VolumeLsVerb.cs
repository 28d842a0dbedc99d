using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>volume ls</c>.</summary>
internal sealed class VolumeLsVerb : Verb
{
    private static readonly Option[] s_options =
    [
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
        var table = new Table(["DRIVER", "VOLUME NAME"]);
        foreach (Volume volume in engine.Volumes.List())
            if (arguments.Flag("quiet")) Output.Line(volume.Name);
            else table.Add(["local", volume.Name]);
        if (!arguments.Flag("quiet")) table.Print();
        return 0;
    }
}
