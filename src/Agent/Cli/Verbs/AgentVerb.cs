using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>agent</c>: the engine in a loop. It serves containers that run without it just as well.</summary>
internal sealed class AgentVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "agent";

    /// <inheritdoc/>
    public override string Usage => "";

    /// <inheritdoc/>
    public override string Summary => "Watch over the containers until SIGTERM; they need no agent to run";

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        DiskGovernor? governor = engine.Roots.Gc is { } marks ? new DiskGovernor(engine, marks, Output.Error) : null;
        using var agent = new AgentLoop(engine, Output.Error, governor);
        agent.Run();
        return 0;
    }
}
