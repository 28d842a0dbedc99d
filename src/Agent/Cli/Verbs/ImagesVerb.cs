using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli.Verbs;

/// <summary><c>images</c>.</summary>
internal sealed class ImagesVerb : Verb
{
    private static readonly Option[] s_options =
    [
        Option.Flag("all", "Show all images (default hides intermediate images)", 'a'),
        Option.Flag("digests", "Show digests"),
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
        bool full = arguments.Flag("no-trunc"), quiet = arguments.Flag("quiet"), digests = arguments.Flag("digests");
        string[] header = digests ? ["REPOSITORY", "TAG", "DIGEST", "IMAGE ID", "CREATED", "SIZE"] : ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"];
        var table = new Table(header);
        foreach (Image image in engine.Images.List())
        {
            string id = full ? image.Id.ToString() : image.Id.Hex[..12];
            foreach (var (repository, tag) in NamesOf(image, wanted))
            {
                if (quiet) Output.Line(id);
                else table.Add(digests
                    ? [repository, tag, DigestOf(image, repository), id, HumanText.Ago(image.Created), HumanText.Size(image.SizeBytes)]
                    : [repository, tag, id, HumanText.Ago(image.Created), HumanText.Size(image.SizeBytes)]);
                if (quiet) break;
            }
        }
        if (!quiet) table.Print();
        return 0;
    }

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
}
