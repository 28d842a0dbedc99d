using System.Globalization;
using Skiff.Agent.Cli.Display;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>images</c>.</summary>
internal sealed class ImagesVerb : Verb
{
    private const string Unknown = "N/A";

    private static readonly string[] s_measured = [".SharedSize", ".UniqueSize", ".Containers"];

    private static readonly Option[] s_options =
    [
        Option.Flag("all", "Show all images (default hides intermediate images)", 'a'),
        Option.Flag("digests", "Show digests"),
        Option.List("filter", "filter", "Filter output based on conditions provided", 'f'),
        Option.Value("format", "string",
            "Format output using a custom template: 'table', 'table TEMPLATE', 'json' or 'TEMPLATE'"),
        Option.Flag("no-trunc", "Don't truncate output"),
        Option.Flag("quiet", "Only show image IDs", 'q'),
        Option.Flag("tree", "List the platforms of each image (not supported)"),
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
        if (arguments.Flag("tree"))
            throw new UsageException("--tree is not supported: Skiff keeps one platform of an image");
        var filter = new ImageFilter(arguments.Values("filter"), engine.Images.Get);
        foreach (string name in arguments.Positional) filter.AddReference(name);
        bool full = arguments.Flag("no-trunc");
        var rows = new List<Row>();
        foreach (Image image in engine.Images.ListForShow().FindAll(filter.Fits))
            foreach (var (repository, tag) in NamesOf(image, filter))
                rows.Add(new Row(image, repository, tag));
        if (arguments.Flag("quiet"))
        {
            // An image of several names several times, as docker has it.
            foreach (Row row in rows) Output.Line(IdOf(row.Image, full));
            return 0;
        }
        Output.Text(Columns(engine, arguments, full).Render(rows, arguments.Value("format")));
        return 0;
    }

    private static Listing<Row> Columns(Engine engine, ParsedArguments arguments, bool full)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        Func<Row, ImageUsage?> usage = UsageOf(engine, arguments.Value("format") ?? "");
        return new(
            new("Repository", "REPOSITORY", r => r.Repository), new("Tag", "TAG", r => r.Tag),
            new("Digest", "DIGEST", r => DigestOf(r.Image, r.Repository), Shown: arguments.Flag("digests")),
            new("ID", "IMAGE ID", r => IdOf(r.Image, full)),
            new("CreatedSince", "CREATED", r => HumanDuration.Since(r.Image.Created, now)),
            new("CreatedAt", "CREATED AT", r => TimeOf(r.Image.Created), Shown: false),
            new("Size", "SIZE", r => HumanSize.Decimal(r.Image.SizeBytes)),
            new("VirtualSize", "SIZE", r => HumanSize.Decimal(r.Image.SizeBytes), Shown: false),
            new("SharedSize", "SHARED SIZE",
                r => usage(r) is { } u ? HumanSize.Decimal(u.SharedBytes) : Unknown, Shown: false),
            new("UniqueSize", "UNIQUE SIZE",
                r => usage(r) is { } u ? HumanSize.Decimal(u.UniqueBytes) : Unknown, Shown: false),
            new("Containers", "CONTAINERS",
                r => usage(r)?.Containers.ToString(CultureInfo.InvariantCulture) ?? Unknown, Shown: false),
            new("Pinned", "PINNED", r => r.Image.IsPinned ? "true" : "false", Shown: false));
    }

    // They take a look at every image and container, which only those pay for who ask for them by name; docker shows
    // "N/A" to all others, too.
    private static Func<Row, ImageUsage?> UsageOf(Engine engine, string format)
    {
        if (!Array.Exists(s_measured, field => format.Contains(field, StringComparison.Ordinal))) return _ => null;
        Dictionary<Digest, ImageUsage> usages = engine.ImageUsages().ToDictionary(usage => usage.Image.Id);
        return row => usages.GetValueOrDefault(row.Image.Id);
    }

    // As Go prints a time.
    private static string TimeOf(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture);

    private static string IdOf(Image image, bool full) => full ? image.Id.ToString() : image.Id.Hex[..12];

    private static List<(string Repository, string Tag)> NamesOf(Image image, ImageFilter filter)
    {
        var names = new List<(string, string)>();
        foreach (string tag in image.RepoTags)
        {
            int colon = tag.LastIndexOf(':');
            if (filter.Names(tag)) names.Add((tag[..colon], tag[(colon + 1)..]));
        }
        if (names.Count > 0) return names;
        // Known by digest alone, or not by any name.
        string? digest = image.RepoDigests.FirstOrDefault(filter.Names);
        return [(digest?[..digest.IndexOf('@')] ?? "<none>", "<none>")];
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
