using System.Text.Json;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>network inspect</c>.</summary>
internal sealed class NetworkInspectVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("format", "string", "Format output using a custom template", 'f'),
        Option.Flag("verbose", "Verbose output for diagnostics", 'v'),
    ];

    /// <inheritdoc/>
    public override string Name => "network inspect";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] NETWORK [NETWORK...]";

    /// <inheritdoc/>
    public override string Summary => "Display detailed information on one or more networks";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        FormatTemplate? template = InspectVerb.ReadTemplate(arguments.Value("format"));
        var items = new List<byte[]>();
        int result = 0;
        foreach (string name in arguments.Positional)
        {
            try
            {
                items.Add(InspectJson.OfNetwork(engine, engine.Networks.Get(name)));
            }
            catch (UsageException e)
            {
                Output.Error("skiff: " + e.Message);
                result = 1;
            }
        }
        InspectVerb.Show(items, template);
        return result;
    }
}
