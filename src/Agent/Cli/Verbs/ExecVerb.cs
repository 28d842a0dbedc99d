using Skiff.Agent.Cli.Values;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>exec</c>: one more process in a running container.</summary>
internal sealed class ExecVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("detach", "Detached mode: run command in the background", 'd'),
        Option.Value("detach-keys", "string", "Override the key sequence for detaching a container"),
        Option.List("env", "list", "Set environment variables", 'e'),
        Option.List("env-file", "list", "Read in a file of environment variables"),
        Option.Flag("interactive", "Keep STDIN open even if not attached", 'i'),
        Option.Flag("privileged", "Give extended privileges to the command"),
        Option.Flag("tty", "Allocate a pseudo-TTY", 't'),
        Option.Value("user", "string", "Username or UID (format: <name|uid>[:<group|gid>])", 'u'),
        Option.Value("workdir", "string", "Working directory inside the container", 'w'),
    ];

    /// <inheritdoc/>
    public override string Name => "exec";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER COMMAND [ARG...]";

    /// <inheritdoc/>
    public override string Summary => "Execute a command in a running container";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 2;

    /// <inheritdoc/>
    public override bool OptionsEndAtFirstArgument => true;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        ContainerConfig config = engine.Containers.Find(arguments.Positional[0]);
        ContainerState state = engine.StateOf(config);
        if (state.Status == "paused") throw new UsageException(
            $"container {config.Id} is paused, unpause the container before exec");
        if (state.Status == "restarting") throw new UsageException(
            $"container {config.Id} is restarting, wait until the container is running");
        using MonitorClient client = (state.Pid > 0 ? MonitorClient.TryConnect(engine.Containers, config.Id) : null)
            ?? throw new UsageException($"container {config.Id} is not running");
        bool tty = arguments.Flag("tty"), detach = arguments.Flag("detach"), interactive =
            arguments.Flag("interactive");
        if (tty && interactive && !detach
            && !Termios.IsTerminal(Fd.Borrow(0))) throw new UsageException("the input device is not a TTY");
        DetachKeys keys = DetachKeys.Of(arguments, tty && interactive);
        var (rows, columns) = tty ? AttachSession.TerminalSize() : ((ushort)0, (ushort)0);
        var request = new ExecRequest
        {
            Args = [.. arguments.Positional.Skip(1)], Env = [.. KeyValues.Environment(arguments.Values("env-file"),
                arguments.Values("env"))],
            User = arguments.Value("user") ?? "",
            WorkingDir = arguments.Value("workdir") ?? "", Tty = tty, Privileged = arguments.Flag("privileged"),
                Detach = detach,
            Rows = rows, Columns = columns,
        };
        return new ExecClient(client, keys).Run(request, interactive);
    }
}
