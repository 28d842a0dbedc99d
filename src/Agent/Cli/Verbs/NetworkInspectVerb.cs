using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network inspect</c>.</summary>
internal sealed class NetworkInspectVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("format", "string", "Format output using a custom template", 'f'),
        Option.Flag("verbose", "Verbose output for diagnostics", 'v'),
    ];

    /// <inheritdoc/>
    public override string Name => "network inspect";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] NETWORK [NETWORK...]";

    /// <inheritdoc/>
    public override string Summary => "Display detailed information on one or more networks";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments) => InspectVerb.Each(arguments,
        name => InspectJson.OfNetwork(engine, engine.Networks.Get(name)));
}
