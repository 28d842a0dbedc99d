using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary>
/// <c>system release</c>: gives back what the engine keeps on the host to start containers quickly. Docker has no such
/// verb: its daemon's end is the time for it, and here is no daemon.
/// </summary>
internal sealed class SystemReleaseVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "system release";

    /// <inheritdoc/>
    public override string Usage => "";

    /// <inheritdoc/>
    public override string Summary => "Give back bridges, rules and mounts that no running container needs";

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        int running = engine.Release();
        Output.Line(running == 0
            ? "Everything was given back; state files stay"
            : $"Unused layers were unmounted; {running} running containers keep the networks");
        return 0;
    }
}
