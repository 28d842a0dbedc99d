using System.Globalization;
using Skiff.Agent.Manager;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Images;

/// <summary>A search in a registry with Docker's filters: <c>is-automated</c>, <c>is-official</c>,
/// <c>stars</c>.</summary>
internal sealed class ImageSearch
{
    private const int DefaultResults = 25, MaxResults = 100;

    private readonly string _term;
    private readonly int _limit, _stars;
    private readonly bool? _official, _automated;

    /// <summary>Reads what is asked for.</summary>
    /// <param name="term">What to look for; behind <c>HOST/</c> in a registry other than Docker Hub.</param>
    /// <param name="limit">How many results at the most, 1 to 100; null or empty for 25.</param>
    /// <param name="filters">KEY=VALUE.</param>
    /// <exception cref="UsageException">A number or a filter cannot be.</exception>
    public ImageSearch(string term, string? limit, IReadOnlyList<string> filters)
    {
        _term = term;
        _limit = Number("limit", limit, DefaultResults);
        if (_limit is < 1 or > MaxResults)
            throw new UsageException($"Limit {_limit} is outside the range of [1, {MaxResults}]");
        foreach (string filter in filters)
        {
            int equals = filter.IndexOf('=');
            (string key, string value) = equals < 0 ? (filter, "") : (filter[..equals], filter[(equals + 1)..]);
            if (key == "stars") _stars = Math.Max(_stars, Number("filter 'stars'", value, 0));
            else if (key is not ("is-official" or "is-automated"))
                throw new UsageException($"invalid filter '{key}'");
            else if (!bool.TryParse(value, out bool wanted))
                throw new UsageException($"invalid filter '{key}={value}'");
            else if (key == "is-official") _official = wanted;
            else _automated = wanted;
        }
    }

    /// <summary>Asks, and keeps what the filters want. No registry has automated images any more.</summary>
    /// <param name="access">Opens connections.</param>
    /// <param name="login">For the registry; null for the user's own.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="Layers.Oci.ImageException">The registry has no search, or cannot be reached.</exception>
    public List<FoundImage> Run(RegistryAccess access, RegistryCredentials? login, CancellationToken cancellation) =>
        RegistrySearch.AskAsync(access, _term, _limit, login, cancellation).GetAwaiter().GetResult().FindAll(found =>
            found.Stars >= _stars && (_official ?? found.IsOfficial) == found.IsOfficial && _automated is not true);

    private static int Number(string name, string? text, int byDefault) => text is null or "" ? byDefault
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number
        : throw new UsageException($"invalid {name}: \"{text}\": has to be a number");
}
