using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>__complete</c>, for what <see cref="CompletionVerb"/> prints: the candidates, one a line.</summary>
internal sealed class CompleteVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "__complete";

    /// <inheritdoc/>
    public override string Usage => "-- [WORD...]";

    /// <inheritdoc/>
    public override string Summary => "What may stand where the last word is";

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        foreach (string candidate in Completion.Of(arguments.Positional.ToArray(), VerbTable.Rows))
            Output.Line(candidate);
        return 0;
    }
}
