using Skiff.Agent.Manager;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>pull</c>.</summary>
internal sealed class PullVerb : Verb
{
    private static readonly Option[] s_options =
    [
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
        Pulling.Pull(engine, name, arguments.Value("platform"), arguments.Flag("quiet"), toError: false, options);
        Output.Line(Reference.Parse(name).ToString());
        return 0;
    }
}
