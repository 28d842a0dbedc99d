using Skiff.Agent.Cli.Display;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>top</c>: the processes of a container, as the host's ps shows them.</summary>
internal sealed class TopVerb : Verb
{
    private const int LeastWidth = 20;

    /// <inheritdoc/>
    public override string Name => "top";

    /// <inheritdoc/>
    public override string Usage => "CONTAINER [ps OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Display the running processes of a container";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override bool OptionsEndAtFirstArgument => true;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        ContainerConfig config = engine.Containers.Find(arguments.Positional[0]);
        Output.Text(TextTable.Render(ProcessListing.Read(engine, config, arguments.Positional[1..]), LeastWidth));
        return 0;
    }
}
