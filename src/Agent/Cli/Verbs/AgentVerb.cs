using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>agent</c>: the engine in a loop. It serves containers that run without it just as well.</summary>
internal sealed class AgentVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.List("listen", "list", "Serve the Docker Engine API at unix://PATH"),
        Option.Value("metrics", "string",
            "Serve metrics for Prometheus at ADDRESS:PORT, or at unix:PATH for root alone (GET /metrics)"),
    ];

    /// <summary>
    /// Serves the Engine API at addresses until it is disposed. The program sets it: the API knows the words of the
    /// command line, and not the other way round.
    /// </summary>
    public static Func<StateRoots, IReadOnlyList<string>, IDisposable> OpenApi { get; set; } =
        static (_, _) => throw new UsageException("--listen: this program serves no API");

    /// <inheritdoc/>
    public override string Name => "agent";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS]";

    /// <inheritdoc/>
    public override string Summary => "Watch over the containers until SIGTERM; they need no agent to run";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 0;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        DiskGovernor? governor = engine.Roots.Gc is { } marks ? new DiskGovernor(engine, marks, Output.Error) : null;
        using var agent = new AgentLoop(engine, Output.Error, governor);
        using MetricsServer? server = arguments.Value("metrics") is { } address
            ? MetricsServer.Listen(address, new Metrics(engine, () => agent.Monitors).Write) : null;
        if (server is not null) agent.Serve(server);
        IReadOnlyList<string> addresses = arguments.Values("listen");
        using IDisposable? api = addresses.Count > 0 ? OpenApi(engine.Roots, addresses) : null;
        agent.Run();
        return 0;
    }
}
