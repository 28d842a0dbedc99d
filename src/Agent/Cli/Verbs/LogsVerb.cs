using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;

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
        var reader = new LogReader(Path.Combine(engine.Containers.Directory(config.Id), "logs"))
        {
            Since = TimeSyntax.Parse(arguments.Value("since")),
            Until = TimeSyntax.Parse(arguments.Value("until")),
            Tail = Tail(arguments.Value("tail")),
            Timestamps = arguments.Flag("timestamps"),
        };
        reader.PrintExisting();
        if (arguments.Flag("follow")) reader.Follow(() => engine.StateOf(config).IsActive);
        return 0;
    }

    private static int Tail(string? text)
    {
        if (text is null or "all") return int.MaxValue;
        return int.TryParse(text, out int lines) && lines >= 0 ? lines : int.MaxValue;
    }
}
