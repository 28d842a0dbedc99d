using Skiff.Agent.Oci;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci start</c>.</summary>
internal sealed class OciStartVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci start";

    /// <inheritdoc/>
    public override string Usage => "ID";

    /// <inheritdoc/>
    public override string Summary => "Run the program of a container that was created";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        ContainerStart.Start(Open(arguments));
        return 0;
    }
}
