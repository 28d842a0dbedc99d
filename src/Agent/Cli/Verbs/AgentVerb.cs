using Skiff.Agent.Manager;
using Skiff.Agent.Manager.Settings;
using Skiff.Interop;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>agent</c>: the engine in a loop. It serves containers that run without it just as well.</summary>
internal sealed class AgentVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("check", "Tell whether the configuration is sound, and start nothing"),
        Option.Value("config", "file", "Configuration (default \"/etc/skiff/agent.json\", if it is there)"),
        Option.Value("group", "string", "Group of the sockets of --listen (default: root's own)"),
        Option.Value("idle-exit", "int",
            "End when no client has come for so many seconds, at a socket that systemd has opened (default: never)"),
        Option.List("listen", "list",
            "Serve the Docker Engine API at unix://PATH, tcp://ADDRESS:PORT, or fd://[NAME] for systemd's sockets"),
        Option.Value("metrics", "string",
            "Serve metrics for Prometheus at ADDRESS:PORT, or at unix:PATH for root alone (GET /metrics)"),
        Option.Value("tlscacert", "file", "Clients over TCP have to be certified by this authority alone"),
        Option.Value("tlscert", "file", "The agent's certificate for clients over TCP"),
        Option.Value("tlskey", "file", "The key of --tlscert"),
        Option.Flag("tlsverify", "Use TLS with certificates on both sides, without which there is no TCP"),
    ];

    /// <summary>
    /// Serves the Engine API until it is disposed. The program sets it: the API knows the words of the command line,
    /// and not the other way round.
    /// </summary>
    public static Func<StateRoots, AgentSettings, IAgentApi> OpenApi { get; set; } =
        static (_, _) => throw new UsageException("--listen: this program serves no API");

    /// <summary>Tells what is wrong with the files that settings name. The program sets it, too.</summary>
    public static Action<AgentSettings> CheckApi { get; set; } = static _ => { };

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
        var configuration = new AgentConfiguration(arguments, Output.Error);
        AgentSettings settings = configuration.Read();
        if (arguments.Flag("check"))
        {
            CheckApi(settings);
            Output.Line("OK");
            return 0;
        }
        DiskGovernor? governor = engine.Roots.Gc is { } marks ? new DiskGovernor(engine, marks, Output.Error) : null;
        using var agent = new AgentLoop(engine, Output.Error, governor);
        using MetricsServer? server = settings.Metrics is { } address
            ? MetricsServer.Listen(address, new Metrics(engine, () => agent.Monitors).Write) : null;
        if (server is not null) agent.Serve(server);
        int? idleMs = IdleMs(arguments, settings);
        using IAgentApi? api = settings.Sockets.Count > 0 ? OpenApi(engine.Roots, settings) : null;
        if (idleMs is { } ms) agent.EndWhenIdle(ms, api!);
        agent.Reload = () => Reload(configuration, api, settings);
        agent.Run();
        return 0;
    }

    private static int? IdleMs(ParsedArguments arguments, AgentSettings settings)
    {
        if (arguments.Number("idle-exit") is not { } seconds) return null;
        if (seconds is < 1 or > 86_400) throw arguments.Invalid("idle-exit", $"{seconds}", "expected 1 to 86400");
        if (settings.Sockets.Count == 0
            || settings.Sockets.Any(socket => socket.Address.Kind != ListenKind.Inherited)) throw new UsageException(
            "--idle-exit: nobody would start the agent again: it goes with --listen fd:// alone, and systemd's socket");
        return (int)seconds * 1000;
    }

    private static void Reload(AgentConfiguration configuration, IAgentApi? api, AgentSettings before)
    {
        ServiceManager.Tell(ServiceManager.Reloading);
        try
        {
            AgentSettings now = configuration.Read();
            if (api is null && now.Sockets.Count > 0)
                throw new UsageException("the agent was started without any socket: it has to be restarted for one");
            api?.Apply(now);
            if (now.Metrics != before.Metrics) Output.Error("metrics-addr changes when the agent is restarted");
            Output.Error("the configuration was read again");
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            Output.Error($"the configuration stays as it was: {e.Message}");
        }
        ServiceManager.Tell(ServiceManager.Ready);
    }
}
