using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>run</c>: create, start, and unless detached attach.</summary>
internal sealed class RunVerb : Verb
{
    private static readonly Option[] s_options =
    [
        .. ContainerOptions.Table,
        Option.Flag("detach", "Run container in background and print container ID", 'd'),
        Option.Value("detach-keys", "string", "Override the key sequence for detaching a container"),
        Option.Flag("sig-proxy", "Proxy received signals to the process (default true)"),
    ];

    /// <inheritdoc/>
    public override string Name => "run";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] IMAGE [COMMAND] [ARG...]";

    /// <inheritdoc/>
    public override string Summary => "Create and run a new container from an image";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override bool OptionsEndAtFirstArgument => true;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        bool detach = arguments.Flag("detach"), tty = arguments.Flag("tty"), interactive =
            arguments.Flag("interactive");
        if (tty && interactive && !detach && !Termios.IsTerminal(Fd.Borrow(0)))
        {
            // Docker gives 1 here and not 125: nothing was asked of the engine yet.
            Output.Error("skiff: the input device is not a TTY");
            return 1;
        }
        AttachStreams streams = AttachFlags.Read(arguments, detach);
        DetachKeys keys = DetachKeys.Of(arguments, tty && interactive);
        Creation.CheckHost();
        // Spawned first: the monitor's runtime starts while this process prepares the container.
        using MonitorClient client = MonitorClient.Spawn(engine.Roots);
        ContainerConfig config =
            Creation.Create(engine, arguments, created => Start(engine, created, client, streams));
        // Without its output there is nothing else to know it by.
        if ((streams & (AttachStreams.Stdout | AttachStreams.Stderr)) == 0) Output.Line(config.Id);
        if (detach) return 0;
        using var link = new ContainerLink(engine, config, client);
        link.Remember(MonitorClient.AttachPacket(streams));
        using var session = new AttachSession(link, tty, keys);
        return session.Run(streams.HasFlag(AttachStreams.Stdin), arguments.Flag("sig-proxy", byDefault: true));
    }

    private static void Start(Engine engine, ContainerConfig config, MonitorClient client, AttachStreams streams)
    {
        try
        {
            engine.Start(config, client, streams, AttachSession.TerminalSize());
        }
        catch
        {
            // Nothing of a container that never ran is left behind, whatever stopped it.
            engine.Remove(config, force: true, withVolumes: true);
            throw;
        }
    }
}
