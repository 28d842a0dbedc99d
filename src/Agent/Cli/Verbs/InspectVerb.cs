using System.Text.Json;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>inspect</c>.</summary>
internal sealed class InspectVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Value("format", "string", "Format output using a custom template", 'f'),
        Option.Value("type", "string", "Only inspect objects of the given type (container, image, volume)"),
    ];

    /// <inheritdoc/>
    public override string Name => "inspect";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] NAME|ID [NAME|ID...]";

    /// <inheritdoc/>
    public override string Summary => "Return low-level information on containers, images and volumes";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        var items = new List<byte[]>();
        int result = 0;
        foreach (string name in arguments.Positional)
        {
            if (InspectJson.Find(engine, name, arguments.Value("type")) is { } json)
            {
                items.Add(json);
                continue;
            }
            Output.Error($"Error: No such object: {name}");
            result = 1;
        }
        if (arguments.Value("format") is not { Length: > 0 } format || format == "json")
        {
            Output.Text(InspectJson.Array(items));
            return result;
        }
        var template = FormatTemplate.Parse(format);
        foreach (byte[] item in items)
        {
            using JsonDocument document = JsonDocument.Parse(item);
            Output.Line(template.Execute(document.RootElement));
        }
        return result;
    }
}
