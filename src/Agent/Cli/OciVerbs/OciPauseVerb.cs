using Skiff.Agent.Oci;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci pause</c>.</summary>
internal sealed class OciPauseVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci pause";

    /// <inheritdoc/>
    public override string Usage => "ID";

    /// <inheritdoc/>
    public override string Summary => "Freeze all processes of a container";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        ContainerFreezer.Pause(Open(arguments));
        return 0;
    }
}
