using System.Text.Json;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>inspect</c>, <c>container inspect</c> and <c>image inspect</c>.</summary>
/// <param name="only">The type whose objects alone it knows; null for all of them.</param>
internal sealed class InspectVerb(string? only = null) : Verb
{
    private static readonly Option s_format =
        Option.Value("format", "string", "Format output using a custom template", 'f');

    private static readonly Option s_size =
        Option.Flag("size", "Display total file sizes if the type is container", 's');

    private static readonly Option s_platform = Option.Value(
        "platform", "string", "Inspect the image for the given platform (os/architecture[/variant])");

    private static readonly Option[] s_options =
    [
        s_format, s_size,
        Option.Value("type", "string", "Only inspect objects of the given type (container, image, network, volume)"),
    ];

    /// <inheritdoc/>
    public override string Name => only is null ? "inspect" : $"{only} inspect";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] NAME|ID [NAME|ID...]";

    /// <inheritdoc/>
    public override string Summary => only is null
        ? "Return low-level information on containers, images, networks and volumes"
        : $"Display detailed information on one or more {only}s";

    /// <inheritdoc/>
    public override Option[] Options => only switch
    {
        "image" => [s_format, s_platform],
        "container" => [s_format, s_size],
        _ => s_options,
    };

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        string? type = only ?? arguments.Value("type");
        if (type is not (null or "container" or "image" or "network" or "volume")) throw new UsageException(
            $"unknown type: \"{type}\": must be one of \"container\", \"image\", "
            + "\"network\", \"volume\"");
        FormatTemplate? template = ReadTemplate(arguments.Value("format"));
        Platform? platform = only == "image" && arguments.Value("platform") is { } text ? Platform.Parse(text) : null;
        var items = new List<byte[]>();
        int result = 0;
        foreach (string name in arguments.Positional)
        {
            if (InspectJson.Find(engine, name, type, platform, only != "image" && arguments.Flag("size")) is { } json)
            {
                items.Add(json);
                continue;
            }
            Output.Error($"Error: No such {type ?? "object"}: {(type == "image" ? ImageStore.Shown(name) : name)}");
            result = 1;
        }
        Show(items, template);
        return result;
    }

    /// <summary>Inspects each name, with <c>--format</c>; exit code 1 when one was refused.</summary>
    public static int Each(ParsedArguments arguments, Func<string, byte[]> inspect)
    {
        FormatTemplate? template = ReadTemplate(arguments.Value("format"));
        var items = new List<byte[]>();
        int result = 0;
        foreach (string name in arguments.Positional)
        {
            try
            {
                items.Add(inspect(name));
            }
            catch (UsageException e)
            {
                Output.Error("skiff: " + e.Message);
                result = 1;
            }
        }
        Show(items, template);
        return result;
    }

    /// <summary>Prints objects as JSON, or by a template.</summary>
    public static void Show(List<byte[]> items, FormatTemplate? template)
    {
        if (template is null)
        {
            Output.Text(InspectJson.Array(items));
            return;
        }
        foreach (byte[] item in items)
        {
            using JsonDocument document = JsonDocument.Parse(item);
            Output.Line(template.Execute(document.RootElement));
        }
    }

    /// <summary>The value of <c>--format</c>; null asks for JSON.</summary>
    public static FormatTemplate? ReadTemplate(string? format)
    {
        if (format is null or "" or "json") return null;
        try
        {
            return FormatTemplate.Parse(format);
        }
        catch (UsageException e)
        {
            // Docker tells a template that cannot be read from one that does not fit the object by the exit code.
            throw new UsageException(e.Message, 64);
        }
    }
}
