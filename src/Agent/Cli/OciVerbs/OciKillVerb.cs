using Skiff.Agent.Manager;
using Skiff.Agent.Oci;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Cli.OciVerbs;

/// <summary><c>skiff oci kill</c>.</summary>
internal sealed class OciKillVerb(OciRuntime runtime) : RuntimeVerb(runtime)
{
    /// <inheritdoc/>
    public override string Name => "oci kill";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] ID [SIGNAL]";

    /// <inheritdoc/>
    public override string Summary => "Send a signal (default: SIGTERM) to a container's first process";

    /// <inheritdoc/>
    public override Option[] Options => [Option.Flag("all", "To all of its processes", 'a')];

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 2;

    /// <inheritdoc/>
    protected override int Run(ParsedArguments arguments)
    {
        string name = arguments.Positional.Count > 1 ? arguments.Positional[1] : "SIGTERM";
        if (!Signals.TryParse(name, out int signal)) throw new UsageException($"unknown signal \"{name}\"");
        ContainerKill.Send(Open(arguments), signal, arguments.Flag("all"));
        return 0;
    }
}
