using System.Globalization;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Cli.Progress;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>search</c>.</summary>
internal sealed class SearchVerb : Verb
{
    // As docker cuts it.
    private const int MaxDescription = 45;

    private static readonly Option[] s_options =
    [
        Option.List("filter", "filter", "Filter output based on conditions provided", 'f'),
        Option.Value("format", "string", "Pretty-print search using a Go template"),
        Option.Value("limit", "int", "Max number of search results (default 25)"),
        Option.Flag("no-trunc", "Don't truncate output"),
    ];

    /// <inheritdoc/>
    public override string Name => "search";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] TERM";

    /// <inheritdoc/>
    public override string Summary => "Search Docker Hub, or the registry in front of the term, for images";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MinimumArguments => 1;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        var search = new ImageSearch(
            arguments.Positional[0], arguments.Value("limit"), arguments.Values("filter"));
        List<FoundImage> found = search.Run(engine.Registries.Access, null, CancellationToken.None);
        bool full = arguments.Flag("no-trunc");
        // A registry may answer anything, which must not move the cursor.
        var style = new ProgressStyle(Unicode: true, Colour: false);
        string Shown(string text, int columns) => DisplayText.Fit(text.ReplaceLineEndings(" "), columns, style);
        var listing = new Listing<FoundImage>(
            new("Name", "NAME", image => Shown(image.Name, int.MaxValue)),
            new("Description", "DESCRIPTION",
                image => Shown(image.Description, full ? int.MaxValue : MaxDescription)),
            new("StarCount", "STARS", image => image.Stars.ToString(CultureInfo.InvariantCulture)),
            new("IsOfficial", "OFFICIAL", image => image.IsOfficial ? "[OK]" : ""),
            new("IsAutomated", "AUTOMATED", _ => "", Shown: false));
        Output.Text(listing.Render([.. found.OrderByDescending(image => image.Stars)], arguments.Value("format")));
        return 0;
    }
}
