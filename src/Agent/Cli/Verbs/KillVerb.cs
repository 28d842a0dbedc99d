using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>kill</c>: sends a signal.</summary>
internal sealed class KillVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("signal", "string", "Signal to send to the container (default KILL)", 's'),
    ];

    /// <inheritdoc/>
    public override string Name => "kill";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER [CONTAINER...]";

    /// <inheritdoc/>
    public override string Summary => "Kill one or more running containers";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        string name = arguments.Value("signal") is { Length: > 0 } given ? given : "KILL";
        bool isKnown = Signals.TryParse(name, out int signal);
        return EachContainer.Do(engine, arguments.Positional, config =>
        {
            if (!isKnown) throw new UsageException($"cannot kill container: {config.Name}: invalid signal: {name}");
            engine.Kill(config, signal);
        });
    }
}
