using Skiff.Agent.Oci;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci features</c>.</summary>
internal sealed class OciFeaturesVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci features";

    /// <inheritdoc/>
    public override string Usage => "";

    /// <inheritdoc/>
    public override string Summary => "Print what this runtime can do, as JSON";

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        Output.Line(RuntimeFeatures.Json());
        return 0;
    }
}
