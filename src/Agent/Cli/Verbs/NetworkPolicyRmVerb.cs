using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network policy rm</c>.</summary>
internal sealed class NetworkPolicyRmVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "network policy rm";

    /// <inheritdoc/>
    public override string Usage => "POLICY [POLICY...]";

    /// <inheritdoc/>
    public override string Summary => "Remove one or more network policies";

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments) => EachName.Do(arguments.Positional,
        name => engine.RemovePolicy(engine.Networks.GetPolicy(name)));
}
