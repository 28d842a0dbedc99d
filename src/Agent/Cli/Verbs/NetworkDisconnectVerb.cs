using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network disconnect</c>.</summary>
internal sealed class NetworkDisconnectVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("force", "Force the container to disconnect from a network", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "network disconnect";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] NETWORK CONTAINER";

    /// <inheritdoc/>
    public override string Summary => "Disconnect a container from a network";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 2;

    /// <inheritdoc/>
    public override int MaximumArguments => 2;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        NetworkRecord network = engine.Networks.Get(arguments.Positional[0]);
        engine.Disconnect(arguments.Positional[1], network, arguments.Flag("force"));
        return 0;
    }
}
