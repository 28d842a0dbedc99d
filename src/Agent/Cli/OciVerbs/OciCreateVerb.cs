using Skiff.Agent.Oci;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci create</c>.</summary>
internal sealed class OciCreateVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci create";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] ID";

    /// <inheritdoc/>
    public override string Summary => "Create a container of a bundle";

    /// <inheritdoc/>
    public override Option[] Options => CreateOptions.Table;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        ReadOnlySelf.ExecuteAgain();
        CreateRequest request = CreateOptions.Read(arguments);
        using var console = ConsoleSocket.Open(
            request.Process.Terminal, arguments.Value("console-socket"), detach: true);
        new ContainerCreation(Runtime, request with { ConsoleSocket = console.ForChild }).Create();
        return 0;
    }
}
