using System.Globalization;
using Skiff.Agent.Cli.Logs;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;
using Skiff.Interop.Events;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>logs</c>: prints what a container wrote.</summary>
internal sealed class LogsVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("follow", "Follow log output", 'f'),
        Option.Flag("timestamps", "Show timestamps", 't'),
        Option.Value("tail", "string", "Number of lines to show from the end of the logs (default \"all\")", 'n'),
        Option.Value("since", "string",
            "Show logs since timestamp (e.g. \"2013-01-02T13:23:37Z\") or relative (e.g. \"42m\" for 42 minutes)"),
        Option.Value("until", "string", "Show logs before a timestamp or relative time"),
        Option.Flag("details", "Show extra details provided to logs"),
    ];

    /// <inheritdoc/>
    public override string Name => "logs";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER";

    /// <inheritdoc/>
    public override string Summary => "Fetch the logs of a container";

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
        string directory = engine.Containers.LogDirectory(config.Id);
        if (ContainerLog.Readable(config, directory) is not { } files)
            throw new UsageException("configured logging driver does not support reading");
        var reader = new LogReader(files.Path, files.Format,
            new LogPrinter(arguments.Flag("timestamps"), arguments.Flag("details")))
        {
            Since = TimeSyntax.Parse(arguments.Value("since"), "since"),
            Until = TimeSyntax.Parse(arguments.Value("until"), "until"),
            Tail = Tail(arguments.Value("tail")),
        };
        try
        {
            Print(engine, config, reader, arguments.Flag("follow"));
        }
        catch (LinuxException e) when (e.Errno == Errno.EPIPE)
        {
            // Whoever read this has seen enough.
        }
        return 0;
    }

    private static void Print(Engine engine, ContainerConfig config, LogReader reader, bool follow)
    {
        if (!follow)
        {
            reader.PrintExisting();
            return;
        }
        using ContainerLink? link = ContainerLink.TryOpen(engine, config, engine.StateOf(config));
        using Inotify watch = reader.Watch();
        reader.PrintExisting();
        UnixSocket? monitor = link?.Client.Socket;
        while (reader.Follow(monitor, watch)) monitor = link!.TryReconnect(out _) ? link.Client.Socket : null;
    }

    // Docker takes what is no number for all.
    private static long Tail(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long lines) ? lines : -1;
}
