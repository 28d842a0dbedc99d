using Skiff.Agent.Oci;
using Skiff.Interop;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci delete</c>.</summary>
internal sealed class OciDeleteVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci delete";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] ID";

    /// <inheritdoc/>
    public override string Summary => "Remove what a stopped container has left";

    /// <inheritdoc/>
    public override Option[] Options =>
        [Option.Flag("force", "End it first; no error when there is none", 'f')];

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        bool force = arguments.Flag("force");
        string directory = Runtime.Directory(arguments.Positional[0]);
        if (force && (!Files.Exists(directory) || ContainerRemoval.ClearAbandoned(directory))) return 0;
        ContainerRemoval.Delete(Open(arguments), force, Runtime.Log);
        return 0;
    }
}
