using Skiff.Agent.Cli;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Cli;

/// <summary>A verb with options of every kind, whose run tells what it got.</summary>
internal sealed class SampleVerb(bool stop, string name = "sample") : Verb
{
    public static Option[] Table { get; } =
    [
        Option.Flag("interactive", "Keep STDIN open even if not attached", 'i'),
        Option.Flag("tty", "Allocate a pseudo-TTY", 't'),
        Option.Flag("rm", "Automatically remove the container when it exits"),
        Option.List("publish", "list", "Publish a container's port(s) to the host", 'p'),
        Option.List("env", "list", "Set environment variables", 'e'),
        Option.Value("name", "string", "Assign a name to the container"),
        Option.Value("hostname", "string", "Container host name", 'h'),
        Option.Value("pids-limit", "int", "Tune container pids limit (set -1 for unlimited)"),
    ];

    public int Least { get; init; } = 1;

    public int Most { get; init; } = int.MaxValue;

    public StateRoots? SeenRoots { get; private set; }

    public override string Name => name;

    public override string Usage => "[OPTIONS] IMAGE [COMMAND] [ARG...]";

    public override string Summary => "Try the parser";

    public override Option[] Options => Table;

    public override int MinimumArguments => Least;

    public override int MaximumArguments => Most;

    public override bool OptionsEndAtFirstArgument => stop;

    public override int Run(Engine engine, ParsedArguments arguments)
    {
        SeenRoots = engine.Roots;
        return 40 + arguments.Positional.Count;
    }
}
