using Skiff.Agent.Images;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// The <c>--filter</c> of <c>images</c>: what prunes know, <c>before=IMAGE</c>, <c>since=IMAGE</c> and
/// <c>reference=PATTERN</c>. All have to fit; of several references, one.
/// </summary>
internal sealed class ImageFilter
{
    private readonly PruneFilter _general;
    private readonly List<string> _references = [];
    private DateTimeOffset _before = DateTimeOffset.MaxValue, _since = DateTimeOffset.MinValue;

    /// <summary>Reads the filters.</summary>
    /// <param name="filters">As given.</param>
    /// <param name="find">Finds the image of a name or id, which has to be there.</param>
    /// <exception cref="UsageException">One is unknown or malformed.</exception>
    public ImageFilter(IReadOnlyList<string> filters, Func<string, Image> find)
    {
        List<string> general = [];
        foreach (string filter in filters)
        {
            int equals = filter.IndexOf('=');
            string name = equals < 0 ? "" : filter[..equals].Trim().ToLowerInvariant();
            string value = filter[(equals + 1)..].Trim();
            if (name == "reference") AddReference(value);
            else if (name == "before") _before = Earlier(_before, find(value).Created);
            else if (name == "since") _since = Later(_since, find(value).Created);
            else general.Add(filter);
        }
        _general = new PruneFilter(general);
    }

    /// <summary>Adds a pattern of names.</summary>
    public void AddReference(string pattern)
    {
        PathPattern.Check(pattern);
        _references.Add(pattern);
    }

    /// <summary>Whether an image is listed, some of its names given.</summary>
    public bool Fits(Image image) => _general.Fits(image) && image.Created < _before && image.Created > _since
        && (_general.Dangling is not { } dangling || dangling == (image.RepoTags.Count == 0))
        && (_references.Count == 0 || image.RepoTags.Any(Names) || image.RepoDigests.Any(Names));

    /// <summary>Whether one of its names is listed: <c>busybox:latest</c>.</summary>
    public bool Names(string familiar)
    {
        if (_references.Count == 0) return true;
        int at = familiar.IndexOf('@');
        int end = at >= 0 ? at : familiar.LastIndexOf(':');
        return _references.Exists(pattern =>
            PathPattern.Fits(pattern, familiar) || PathPattern.Fits(pattern, familiar.AsSpan(0, end)));
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
