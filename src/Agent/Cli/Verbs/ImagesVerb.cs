using Skiff.Agent.Cli.Display;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>images</c>.</summary>
internal sealed class ImagesVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("all", "Show all images (default hides intermediate images)", 'a'),
        Option.Flag("digests", "Show digests"),
        Option.Value("format", "string",
            "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or 'TEMPLATE'"),
        Option.Flag("no-trunc", "Don't truncate output"),
        Option.Flag("quiet", "Only show image IDs", 'q'),
    ];

    /// <inheritdoc/>
    public override string Name => "images";

    /// <inheritdoc/>
    public override string Usage => "[OPTIONS] [REPOSITORY[:TAG]]";

    /// <inheritdoc/>
    public override string Summary => "List images";

    /// <inheritdoc/>
    public override Option[] Options => s_options;

    /// <inheritdoc/>
    public override int MaximumArguments => 1;

    /// <inheritdoc/>
    public override int Run(Engine engine, ParsedArguments arguments)
    {
        string? wanted = arguments.Positional.Count > 0 ? arguments.Positional[0] : null;
        bool full = arguments.Flag("no-trunc"), digests = arguments.Flag("digests");
        var rows = new List<Row>();
        foreach (Image image in engine.Images.List())
            foreach (var (repository, tag) in NamesOf(image, wanted))
                rows.Add(new Row(image, repository, tag));
        if (arguments.Flag("quiet"))
        {
            foreach (string id in rows.Select(row => IdOf(row.Image, full)).Distinct()) Output.Line(id);
            return 0;
        }
        DateTimeOffset now = DateTimeOffset.UtcNow;
        var listing = new Listing<Row>(
            new("Repository", "REPOSITORY", r => r.Repository), new("Tag", "TAG", r => r.Tag),
            new("Digest", "DIGEST", r => DigestOf(r.Image, r.Repository), Shown: digests),
                new("ID", "IMAGE ID", r => IdOf(r.Image, full)),
            new("CreatedSince", "CREATED", r => HumanDuration.Since(r.Image.Created, now)),
            new("Size", "SIZE", r => HumanSize.Decimal(r.Image.SizeBytes)),
            new("Pinned", "PINNED", r => r.Image.IsPinned ? "true" : "false", Shown: false));
        Output.Text(listing.Render(rows, arguments.Value("format")));
        return 0;
    }

    private static string IdOf(Image image, bool full) => full ? image.Id.ToString() : image.Id.Hex[..12];

    private static List<(string Repository, string Tag)> NamesOf(Image image, string? wanted)
    {
        var names = new List<(string, string)>();
        foreach (string tag in image.RepoTags)
        {
            int colon = tag.LastIndexOf(':');
            string repository = tag[..colon];
            if (wanted is null || wanted == repository || wanted == tag) names.Add((repository, tag[(colon + 1)..]));
        }
        if (image.RepoTags.Count == 0 && wanted is null) names.Add(("<none>", "<none>"));
        return names;
    }

    private static string DigestOf(Image image, string repository)
    {
        foreach (string digest in image.RepoDigests)
            if (digest.StartsWith(repository + "@", StringComparison.Ordinal))
                return digest[(repository.Length + 1)..];
        return "<none>";
    }

    private sealed record Row(Image Image, string Repository, string Tag);
}
