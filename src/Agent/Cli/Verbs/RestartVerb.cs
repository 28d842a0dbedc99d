using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>restart</c>: stop, then start.</summary>
internal sealed class RestartVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("signal", "string", "Signal to send to the container", 's'),
        Option.Value("time", "int", "Deprecated: use --timeout"),
        Option.Value("timeout", "int", "Seconds to wait before killing the container", 't'),
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
        string? signal = arguments.Value("signal");
        // The next start must find the container, also one that its end would remove.
        return EachContainer.Do(engine, arguments.Positional, config => engine.Restart(
            signal is null ? config : config with { StopSignal = SignalNames.Checked(signal) },
            (int)(seconds ?? config.StopTimeoutSeconds)));
    }
}
