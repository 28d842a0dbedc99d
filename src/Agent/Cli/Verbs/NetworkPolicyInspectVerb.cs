using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network policy inspect</c>.</summary>
internal sealed class NetworkPolicyInspectVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("format", "string", "Format output using a custom template", 'f'),
    ];

    /// <inheritdoc/>
    public override string Name => "network policy inspect";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] POLICY [POLICY...]";

    /// <inheritdoc/>
    public override string Summary => "Display detailed information on one or more network policies";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments) => InspectVerb.Each(arguments,
        name => InspectJson.OfPolicy(engine, engine.Networks.GetPolicy(name)));
}
