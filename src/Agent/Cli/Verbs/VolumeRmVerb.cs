using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>volume rm</c>.</summary>
internal sealed class VolumeRmVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("force", "Force the removal of one or more volumes", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "volume rm";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] VOLUME [VOLUME...]";

    /// <inheritdoc/>
    public override string Summary => "Remove one or more volumes";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments) => EachName.Do(
        arguments.Positional, name => engine.RemoveVolume(name, missingIsFine: arguments.Flag("force")));
}
