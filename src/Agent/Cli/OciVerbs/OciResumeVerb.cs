using Skiff.Agent.Oci;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci resume</c>.</summary>
internal sealed class OciResumeVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci resume";

    /// <inheritdoc/>
    public override string Usage => "ID";

    /// <inheritdoc/>
    public override string Summary => "Let the processes of a paused container run again";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        ContainerFreezer.Resume(Open(arguments));
        return 0;
    }
}
