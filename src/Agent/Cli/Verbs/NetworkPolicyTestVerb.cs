using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network policy test</c>: exit code 1 when the connection is denied.</summary>
internal sealed class NetworkPolicyTestVerb : Verb
{
    /// <inheritdoc/>
    public override string Name => "network policy test";

    /// <inheritdoc/>
    public override string Usage => "CONTAINER|ADDRESS|host CONTAINER|ADDRESS|NAME|host:PORT[/PROTOCOL]";

    /// <inheritdoc/>
    public override string Summary => "Explain which rule decides about a connection";

    /// <inheritdoc/>
    public override int MinimumArguments => 2;

    /// <inheritdoc/>
    public override int MaximumArguments => 2;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        List<string> lines = engine.TestPolicies(
            arguments.Positional[0], arguments.Positional[1], out bool isAllowed);
        foreach (string line in lines) Output.Line(line);
        return isAllowed ? 0 : 1;
    }
}
