using Skiff.Agent.Manager;
using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>diff</c>.</summary>
internal sealed class DiffVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "diff";

    /// <inheritdoc/>
    public override string Usage => "CONTAINER";

    /// <inheritdoc/>
    public override string Summary => "Inspect changes to files or directories on a container's filesystem";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        foreach ((string path, ChangeKind kind) in engine.Changes(engine.Containers.Find(arguments.Positional[0])))
            Output.Line($"{(char)kind} {path}");
        return 0;
    }
}
