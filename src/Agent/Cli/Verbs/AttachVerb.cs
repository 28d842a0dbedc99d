using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>attach</c>: joins a running container's stdio.</summary>
internal sealed class AttachVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("detach-keys", "string", "Override the key sequence for detaching a container"),
        Option.Flag("no-stdin", "Do not attach STDIN"),
        Option.Flag("sig-proxy", "Proxy all received signals to the process (default true)"),
    ];

    /// <inheritdoc/>
    public override string Name => "attach";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER";

    /// <inheritdoc/>
    public override string Summary => "Attach local standard input, output, and error streams to a running container";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        ContainerConfig config = engine.Containers.Find(arguments.Positional[0]);
        ContainerState state = engine.StateOf(config);
        if (state.Status == "paused") throw new UsageException("You cannot attach to a paused container, unpause it "
            + "first");
        if (state.Status == "restarting") throw new UsageException("You cannot attach to a restarting container, wait "
            + "until it is running");
        using MonitorClient client = (state.Pid > 0 ? MonitorClient.TryConnect(engine.Containers, config.Id) : null)
            ?? throw new UsageException("You cannot attach to a stopped container, start it first");
        bool withInput = !arguments.Flag("no-stdin"), stdin = config.OpenStdin && withInput;
        if (config.Tty && withInput && !Termios.IsTerminal(Fd.Borrow(0)))
            throw new UsageException("the input device is not a TTY");
        DetachKeys keys = DetachKeys.Of(arguments, config.Tty);
        engine.Events.Write(config, "attach");
        AttachStreams streams = AttachStreams.Stdout | AttachStreams.Stderr | (stdin ? AttachStreams.Stdin : 0);
        client.Attach(streams, AttachSession.TerminalSize());
        using var link = new ContainerLink(engine, config, client);
        link.Remember(MonitorClient.AttachPacket(streams));
        using var session = new AttachSession(link, config.Tty, keys);
        int exitCode = session.Run(stdin,
            arguments.Flag("sig-proxy", byDefault: true) && !config.Tty);
        return session.Detached ? throw new UsageException("read escape sequence") : exitCode;
    }
}
