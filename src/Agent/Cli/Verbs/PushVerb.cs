using Skiff.Agent.Cli.Progress;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>push</c>.</summary>
internal sealed class PushVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("all-tags", "Push all tags of an image to the repository", 'a'),
        Option.Value("chunk-size", "bytes", "Upload in pieces of this size, for registries that take no larger bodies"),
        Option.Value("compression", "string", "Compress layers by gzip or zstd, whatever they are elsewhere"),
        Option.Flag("disable-content-trust", "Skip image verification (no effect: see docs/trust.md)"),
        Option.Value("format", "string", "Kind of the manifest: oci or docker"),
        Option.Value("platform", "string", "Push only if the image is for this platform (os[/arch[/variant]])"),
        ProgressView.Option,
        Option.Flag("quiet", "Suppress verbose output", 'q'),
    ];

    /// <inheritdoc/>
    public override string Name => "push";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] NAME[:TAG]";

    /// <inheritdoc/>
    public override string Summary => "Upload an image to a registry";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        Reference name = Reference.Parse(arguments.Positional[0]);
        var settings = new PushSettings(
            Choice(arguments, "compression", ("gzip", CompressionKind.Gzip), ("zstd", CompressionKind.Zstd)),
            Choice(arguments, "format", ("docker", true), ("oci", false)),
            arguments.Value("chunk-size") is { } size ? ChunkBytes(size) : null);
        bool all = arguments.Flag("all-tags");
        if (all && !name.TagIsDefault) throw new UsageException("tag can't be used with --all-tags/-a");
        Platform? platform = arguments.Value("platform") is { } text ? Platform.Parse(text) : null;
        ProgressView view = ProgressView.Of(arguments, toError: false);
        if (name.TagIsDefault && !all && view.IsText) Output.Line("Using default tag: latest");
        return Interruptible.Run(cancellation => view.Run(progress =>
        {
            progress.Message($"The push refers to repository [{name.Name}]");
            foreach (Reference tag in all ? engine.Images.TagsOf(name) : [name])
            {
                engine.Push(tag, platform, settings, progress, cancellation);
                if (view.IsQuiet) Output.Line(tag.ToString());
            }
            return 0;
        }));
    }

    private static T? Choice<T>(ParsedArguments arguments, string option, params (string Text, T Value)[] choices)
        where T : struct
    {
        if (arguments.Value(option) is not { } given) return null;
        foreach ((string text, T value) in choices)
            if (text == given) return value;
        throw new UsageException(
            $"bad --{option} \"{given}\": expected {string.Join(" or ", choices.Select(choice => choice.Text))}");
    }

    private static int ChunkBytes(string text)
    {
        const int least = 64 << 10, most = 256 << 20;
        return ByteSize.TryParse(text, out long bytes, out _) && bytes is >= least and <= most ? (int)bytes
            : throw new UsageException($"bad --chunk-size \"{text}\": expected 64k to 256m");
    }
}
