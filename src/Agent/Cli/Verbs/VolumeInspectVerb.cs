using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>volume inspect</c>.</summary>
internal sealed class VolumeInspectVerb : Verb
{
    private static readonly Option[] s_options =
        [Option.Value("format", "string", "Format output using a custom template", 'f')];

    /// <inheritdoc/>
    public override string Name => "volume inspect";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] VOLUME [VOLUME...]";

    /// <inheritdoc/>
    public override string Summary => "Display detailed information on one or more volumes";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments) => InspectVerb.Each(arguments,
        name => InspectJson.OfVolume(engine.Volumes, engine.Volumes.Get(name)));
}
