using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>pull</c>.</summary>
internal sealed class PullVerb : Verb
{
    private static readonly Option[] s_options =
    [
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
        Pulling.Pull(engine, name, arguments.Value("platform"), arguments.Flag("quiet"), toError: false);
        Output.Line(Reference.Parse(name).ToString());
        return 0;
    }
}
