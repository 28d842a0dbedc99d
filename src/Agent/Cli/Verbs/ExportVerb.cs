using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>export</c>.</summary>
internal sealed class ExportVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("output", "string", "Write to a file, instead of STDOUT", 'o'),
    ];

    /// <inheritdoc/>
    public override string Name => "export";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] CONTAINER";

    /// <inheritdoc/>
    public override string Summary => "Export a container's filesystem as a tar archive";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments) => Interruptible.Run(cancellation =>
    {
        using OutputFile output = OutputFile.Open(arguments.Value("output"), "export");
        engine.Export(engine.Containers.Find(arguments.Positional[0]),
            piece => Files.WriteAll(output.Fd, piece), cancellation);
        output.Complete();
        return 0;
    });
}
