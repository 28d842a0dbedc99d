using Skiff.Agent.Manager;
using Skiff.Agent.Oci;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary>A verb of the OCI runtime, which has state of its own and no use for the engine.</summary>
/// <param name="runtime">The runtime.</param>
internal abstract class RuntimeVerb(OciRuntime runtime) : Verb
{
    /// <summary>The runtime.</summary>
    protected OciRuntime Runtime => runtime;

    /// <inheritdoc/>
    public sealed override int Run(Engine engine, ParsedArguments arguments) => Run(arguments);

    /// <summary>Does it; returns the exit code.</summary>
    protected abstract int Run(ParsedArguments arguments);

    /// <summary>The container that the first argument names.</summary>
    protected OciContainer Open(ParsedArguments arguments) => runtime.Open(arguments.Positional[0]);
}
