using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>commit</c>.</summary>
internal sealed class CommitVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("author", "string", "Author (e.g., \"John Hannibal Smith <hannibal@a-team.com>\")", 'a'),
        Option.List("change", "list", "Apply Dockerfile instruction to the created image", 'c'),
        Option.Value("message", "string", "Commit message", 'm'),
        Option.Flag("pause", "Pause container during commit (default true)", 'p'),
    ];

    /// <inheritdoc/>
    public override string Name => "commit";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]";

    /// <inheritdoc/>
    public override string Summary => "Create a new image from a container's changes";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 2;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        Reference? name = arguments.Positional.Count > 1 ? Reference.Parse(arguments.Positional[1]) : null;
        // Whatever ends it, the container must not stay frozen.
        return Interruptible.Run(cancellation =>
        {
            Digest id = engine.Commit(engine.Containers.Find(arguments.Positional[0]), name,
                arguments.Value("author") ?? "", arguments.Value("message") ?? "", arguments.Values("change"),
                arguments.Flag("pause", byDefault: true), cancellation);
            Output.Line(id.ToString());
            return 0;
        });
    }
}
