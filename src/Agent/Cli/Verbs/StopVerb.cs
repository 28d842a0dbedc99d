using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>stop</c>: the stop signal, then SIGKILL.</summary>
internal sealed class StopVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("time", "int", "Deprecated: use --timeout"),
        Option.Value("timeout", "int", "Seconds to wait before killing the container", 't'),
        Option.Value("signal", "string", "Signal to send to the container", 's'),
    ];

    /// <inheritdoc/>
    public override string Name => "stop";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER [CONTAINER...]";

    /// <inheritdoc/>
    public override string Summary => "Stop one or more running containers";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        long? seconds = arguments.Number("time") ?? arguments.Number("timeout");
        string? signal = arguments.Value("signal");
        return EachContainer.Do(engine, arguments.Positional, config =>
        {
            engine.Stop(signal is null ? config : config with { StopSignal = SignalNames.Checked(signal) },
                (int)(seconds ?? config.StopTimeoutSeconds));
        });
    }
}
