using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>rmi</c>.</summary>
internal sealed class RmiVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("force", "Force removal of the image", 'f'),
        Option.Flag("no-prune", "Do not delete untagged parents"),
        Option.Value("platform", "string", "Remove only if the image is for this platform (os[/arch[/variant]])"),
    ];

    /// <inheritdoc/>
    public override string Name => "rmi";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] IMAGE [IMAGE...]";

    /// <inheritdoc/>
    public override string Summary => "Remove one or more images";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        int result = 0;
        Platform? platform = arguments.Value("platform") is { } text ? Platform.Parse(text) : null;
        foreach (string name in arguments.Positional)
        {
            try
            {
                foreach (string line in engine.RemoveImage(name, platform, arguments.Flag("force"))) Output.Line(line);
            }
            catch (Exception e) when (e is ImageException or UsageException)
            {
                Output.Error("skiff: " + e.Message);
                // As docker has it: what is not there any more need not be removed by force.
                if (!arguments.Flag("force") || engine.Images.Find(name) is not null) result = 1;
            }
        }
        return result;
    }
}
