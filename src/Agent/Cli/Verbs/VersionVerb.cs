using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>skiff version</c>.</summary>
internal sealed class VersionVerb : Verb
{
    /// <summary>The engine's version.</summary>
    public const string Version = "0.1.0";

    /// <inheritdoc/>
    public override string Name => "version";

    /// <inheritdoc/>
    public override string Usage => "";

    /// <inheritdoc/>
    public override string Summary => "Show the Skiff version information";

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(StateRoots roots, ParsedArguments arguments)
    {
        Output.Line($"Skiff {Version}");
        return 0;
    }
}
