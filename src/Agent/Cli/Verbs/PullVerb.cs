using Skiff.Agent.Images;
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
        Option.Value("limit-rate", "bytes", "Most bytes per second, such as 2m, for all layers together"),
        Option.Value("platform", "string", "Set platform if server is multi-platform capable"),
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
        string name = arguments.Positional[0];
        RegistryOptions? options = arguments.Value("limit-rate") is { } rate
            ? PullRate.Parse("--limit-rate", rate) : null;
        Reference reference = Reference.Parse(name);
        bool all = arguments.Flag("all-tags");
        if (all && !reference.TagIsDefault) throw new UsageException("tag can't be used with --all-tags/-a");
        foreach (string one in all ? TagsOf(engine, reference, options) : [name])
            Pulling.Pull(
                engine, one, arguments.Value("platform"), arguments.Flag("quiet"), toError: false, options);
        Output.Line(all ? reference.Name : reference.ToString());
        return 0;
    }

    private static IEnumerable<string> TagsOf(Engine engine, Reference repository, RegistryOptions? options) =>
        new ImagePuller(engine.Images, options).TagsAsync(repository, default).GetAwaiter().GetResult()
            .Select(tag => repository.WithTag(tag).ToString());
}
