using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>pause</c>: freezes by the cgroup.</summary>
internal sealed class PauseVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "pause";

    /// <inheritdoc/>
    public override string Usage => "CONTAINER [CONTAINER...]";

    /// <inheritdoc/>
    public override string Summary => "Pause all processes within one or more containers";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        return EachContainer.Do(engine, arguments.Positional, engine.Pause);
    }
}
