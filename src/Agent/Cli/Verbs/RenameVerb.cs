using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>rename</c>.</summary>
internal sealed class RenameVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "rename";

    /// <inheritdoc/>
    public override string Usage => "CONTAINER NEW_NAME";

    /// <inheritdoc/>
    public override string Summary => "Rename a container";

    /// <inheritdoc/>
    public override int MinimumArguments => 2;

    /// <inheritdoc/>
    public override int MaximumArguments => 2;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        ContainerConfig old = engine.Containers.Find(arguments.Positional[0]);
        ContainerConfig renamed = engine.Containers.Rename(old, arguments.Positional[1].TrimStart('/'));
        engine.Events.Write(renamed, "rename", ("oldName", "/" + old.Name));
        return 0;
    }
}
