using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>unpause</c>: thaws.</summary>
internal sealed class UnpauseVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "unpause";

    /// <inheritdoc/>
    public override string Usage => "CONTAINER [CONTAINER...]";

    /// <inheritdoc/>
    public override string Summary => "Unpause all processes within one or more containers";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        return EachContainer.Do(engine, arguments.Positional, engine.Unpause);
    }
}
