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
        string name = arguments.Positional[1].TrimStart('/');
        if (arguments.Positional[0].Length == 0 || name.Length == 0)
            throw new UsageException("Neither old nor new names may be empty");
        ContainerConfig old = engine.Containers.Find(arguments.Positional[0]);
        if (old.Name == name)
            throw new UsageException("Renaming a container with the same name as its current name");
        engine.Rename(old, name);
        return 0;
    }
}
