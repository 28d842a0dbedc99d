using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>create</c>: makes a container without starting it.</summary>
internal sealed class CreateVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "create";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] IMAGE [COMMAND] [ARG...]";

    /// <inheritdoc/>
    public override string Summary => "Create a new container";

    /// <inheritdoc/>
    public override Option[] Options => ContainerOptions.Table;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override bool OptionsEndAtFirstArgument => true;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        ContainerConfig config = Creation.Create(engine, arguments);
        Output.Line(config.Id);
        return 0;
    }
}
