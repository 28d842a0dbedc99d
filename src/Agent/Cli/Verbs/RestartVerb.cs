using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>restart</c>: stop, then start.</summary>
internal sealed class RestartVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("time", "int", "Seconds to wait before killing the container", 't'),
        Option.Value("timeout", "int", "Seconds to wait before killing the container"),
    ];

    /// <inheritdoc/>
    public override string Name => "restart";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER [CONTAINER...]";

    /// <inheritdoc/>
    public override string Summary => "Restart one or more containers";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        long? seconds = arguments.Number("time") ?? arguments.Number("timeout");
        return EachContainer.Do(engine, arguments.Positional, config =>
        {
            // The next start must find the container, also one that its end would remove.
            engine.Restart(config, (int)(seconds ?? config.StopTimeoutSeconds));
        });
    }
}
