using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>volume update</c>, which docker has for cluster volumes alone: refused.</summary>
internal sealed class VolumeUpdateVerb : Verb
{
    private static readonly Option[] s_options =
        [Option.Value("availability", "string", "Cluster Volume availability (not supported)")];

    /// <inheritdoc/>
    public override string Name => "volume update";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] [VOLUME]";

    /// <inheritdoc/>
    public override string Summary => "Update a volume (cluster volumes only: not supported)";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments) => throw new UsageException(
        "volume update is not supported: it sets the --availability of Swarm's cluster volumes, and there is no Swarm");
}
