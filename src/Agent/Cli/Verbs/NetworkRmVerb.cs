using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network rm</c>.</summary>
internal sealed class NetworkRmVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("force", "Do not error if the network does not exist", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "network rm";

    /// <inheritdoc/>
    public override string Usage => "NETWORK [NETWORK...]";

    /// <inheritdoc/>
    public override string Summary => "Remove one or more networks";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        bool force = arguments.Flag("force");
        return EachName.Do(arguments.Positional.Where(name => !force || engine.Networks.TryGet(name) is not null),
            name => engine.RemoveNetwork(engine.Networks.Get(name)));
    }
}
