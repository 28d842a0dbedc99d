using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>save</c>.</summary>
internal sealed class SaveVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("output", "string", "Write to a file, instead of STDOUT", 'o'),
        Option.Value("platform", "string", "Save only the given platform (os/architecture[/variant])"),
    ];

    /// <inheritdoc/>
    public override string Name => "save";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] IMAGE [IMAGE...]";

    /// <inheritdoc/>
    public override string Summary => "Save one or more images to a tar archive (streamed to STDOUT by default)";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments) => Interruptible.Run(cancellation =>
    {
        Platform? platform = arguments.Value("platform") is { } text ? Platform.Parse(text) : null;
        using OutputFile output = OutputFile.Open(arguments.Value("output"), "save");
        engine.Save(arguments.Positional, platform, piece => Files.WriteAll(output.Fd, piece), cancellation);
        output.Complete();
        return 0;
    });
}
