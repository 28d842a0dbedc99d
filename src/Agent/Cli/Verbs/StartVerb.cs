using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>start</c>: starts containers that exist.</summary>
internal sealed class StartVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("attach", "Attach STDOUT/STDERR and forward signals", 'a'),
        Option.Value("checkpoint", "string", "Restore from this checkpoint (not supported)"),
        Option.Value("checkpoint-dir", "string", "Use a custom checkpoint storage directory (not supported)"),
        Option.Value("detach-keys", "string", "Override the key sequence for detaching a container"),
        Option.Flag("interactive", "Attach container's STDIN", 'i'),
    ];

    /// <inheritdoc/>
    public override string Name => "start";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER [CONTAINER...]";

    /// <inheritdoc/>
    public override string Summary => "Start one or more stopped containers";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        Creation.CheckHost();
        if (arguments.Has("checkpoint") || arguments.Has("checkpoint-dir"))
            throw new UsageException("--checkpoint is not supported: Skiff keeps no checkpoints of processes");
        bool attach = arguments.Flag("attach"), interactive = arguments.Flag("interactive");
        if (!attach && !interactive) return Start(engine, arguments.Positional);
        if (arguments.Positional.Count > 1) throw new UsageException("you cannot start and attach multiple containers "
            + "at once");
        using MonitorClient client = MonitorClient.Spawn(engine.Roots);
        ContainerConfig config = engine.Containers.Find(arguments.Positional[0]);
        DetachKeys keys = DetachKeys.Of(arguments, config.Tty);
        bool stdin = interactive && config.OpenStdin;
        AttachStreams streams = AttachStreams.Stdout | AttachStreams.Stderr | (stdin ? AttachStreams.Stdin : 0);
        Start(engine, config, client, streams);
        using var link = new ContainerLink(engine, config, client);
        link.Remember(MonitorClient.AttachPacket(streams));
        using var session = new AttachSession(link, config.Tty, keys);
        return session.Run(stdin, proxySignals: !config.Tty);
    }

    private static int Start(Engine engine, IReadOnlyList<string> names)
    {
        // As with run, the runtime of the first one's monitor starts while this process reads what there is to start.
        using MonitorClient first = MonitorClient.Spawn(engine.Roots);
        MonitorClient? spawned = first;
        return EachContainer.Do(engine, names, config =>
        {
            MonitorClient? monitor = spawned;
            spawned = null;
            engine.Start(config, monitor);
        });
    }

    // Docker has the codes 125 to 127 for run alone.
    private static void Start(Engine engine, ContainerConfig config, MonitorClient client, AttachStreams streams)
    {
        try
        {
            engine.Start(config, client, streams, AttachSession.TerminalSize());
        }
        catch (UsageException e) when (e.ExitCode > 1)
        {
            throw new UsageException(e.Message);
        }
    }
}
