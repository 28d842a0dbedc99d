using Skiff.Agent.Cli.Progress;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>pull</c>.</summary>
internal sealed class PullVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("all-tags", "Download all tagged images in the repository", 'a'),
        Option.Flag("disable-content-trust", "Skip image verification (no effect: see docs/trust.md)"),
        Option.Value("limit-rate", "bytes", "Most bytes per second, such as 2m, for all layers together"),
        Option.Value("platform", "string", "Set platform if server is multi-platform capable"),
        ProgressView.Option,
        Option.Flag("quiet", "Suppress verbose output", 'q'),
    ];

    /// <inheritdoc/>
    public override string Name => "pull";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] NAME[:TAG|@DIGEST]";

    /// <inheritdoc/>
    public override string Summary => "Download an image from a registry";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        Reference reference = Reference.Parse(arguments.Positional[0]);
        RegistryOptions? options = arguments.Value("limit-rate") is { } rate
            ? PullRate.Parse("--limit-rate", rate) : null;
        bool all = arguments.Flag("all-tags");
        if (all && !reference.TagIsDefault) throw new UsageException("tag can't be used with --all-tags/-a");
        ProgressView view = ProgressView.Of(arguments, toError: false);
        if (!all && reference.TagIsDefault && view.IsText) Output.Line("Using default tag: latest");
        foreach (Reference one in all ? engine.RemoteTags(reference, options, default) : [reference])
            Pulling.Pull(engine, one, arguments.Value("platform"), view, options);
        if (!view.IsJson) Output.Line(all ? reference.Name : reference.ToString());
        return 0;
    }
}
