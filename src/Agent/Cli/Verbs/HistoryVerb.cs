using System.Globalization;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>history</c>.</summary>
internal sealed class HistoryVerb : Verb
{
    // As docker cuts it.
    private const int MaxCreatedBy = 45;

    private static readonly Option[] s_options =
    [
        Option.Value("format", "string",
            "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or 'TEMPLATE'"),
        Option.Flag("human", "Print sizes and dates in human readable format (default true)", 'H'),
        Option.Flag("no-trunc", "Don't truncate output"),
        Option.Value("platform", "string", "Show history for the given platform (os/architecture[/variant])"),
        Option.Flag("quiet", "Only show image IDs", 'q'),
    ];

    /// <inheritdoc/>
    public override string Name => "history";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] IMAGE";

    /// <inheritdoc/>
    public override string Summary => "Show the history of an image";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        bool full = arguments.Flag("no-trunc"), human = arguments.Flag("human", byDefault: true);
        Image image = engine.Images.Get(
            arguments.Positional[0], arguments.Value("platform") is { } text ? Platform.Parse(text) : null);
        List<HistoryStep> steps = engine.Images.HistoryOf(image);
        steps.Reverse();
        // Only the last step has an image; docker says so of the others.
        string IdOf(HistoryStep step) =>
            step != steps[0] ? "<missing>" : full ? image.Id.ToString() : image.Id.Hex[..12];
        if (arguments.Flag("quiet"))
        {
            foreach (HistoryStep step in steps) Output.Line(IdOf(step));
            return 0;
        }
        DateTimeOffset now = DateTimeOffset.UtcNow;
        var listing = new Listing<HistoryStep>(
            new("ID", "IMAGE", IdOf),
            new("CreatedSince", "CREATED", step => HumanDuration.Since(step.Created, now), Shown: human),
            new("CreatedAt", "CREATED AT", step => TimeOf(step.Created), Shown: !human),
            new("CreatedBy", "CREATED BY", step => CommandOf(step.Entry, full)),
            new("Size", "SIZE", step => human ? HumanSize.Decimal(step.Bytes)
                : step.Bytes.ToString(CultureInfo.InvariantCulture)),
            new("Comment", "COMMENT", step => step.Entry.Comment ?? ""));
        Output.Text(listing.Render(steps, arguments.Value("format")));
        return 0;
    }

    private static string TimeOf(DateTimeOffset time) =>
        time.ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture).Replace("+00:00", "Z");

    private static string CommandOf(HistoryEntry entry, bool full)
    {
        string command = (entry.CreatedBy ?? "").Replace('\t', ' ').Replace('\n', ' ');
        return full || command.Length <= MaxCreatedBy ? command : command[..(MaxCreatedBy - 1)] + "…";
    }
}
