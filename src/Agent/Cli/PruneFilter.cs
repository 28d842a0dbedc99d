using Skiff.Agent.Images;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>The <c>--filter</c> of prunes: <c>until=TIME</c>, <c>label=KEY[=VALUE]</c>, <c>label!=…</c>, and for images
/// <c>dangling=BOOL</c>. All have to fit.</summary>
internal sealed class PruneFilter
{
    private readonly List<(string Key, string? Value, bool Wanted)> _labels = [];
    private DateTimeOffset _until = DateTimeOffset.MaxValue;

    /// <summary>Reads the filters.</summary>
    /// <exception cref="UsageException">One is unknown or malformed.</exception>
    public PruneFilter(IReadOnlyList<string> filters)
    {
        foreach (string filter in filters)
        {
            int equals = filter.IndexOf('=');
            if (equals < 0) throw new UsageException($"invalid argument \"{filter}\" for \"--filter\" flag: "
                + "invalid filter format (want name=value)", 125);
            Add(filter[..equals].Trim().ToLowerInvariant(), filter[(equals + 1)..].Trim());
        }
    }

    /// <summary><c>dangling=</c>, or null when it is not given.</summary>
    public bool? Dangling { get; private set; }

    /// <summary>Whether a time is given.</summary>
    public bool HasUntil => _until != DateTimeOffset.MaxValue;

    /// <summary>Whether an image may go.</summary>
    public bool Fits(Image image) =>
        // A list has all but the labels at hand; they cost a file an image.
        Fits(image.Created, _labels.Count == 0 ? null : image.Config.Config.Labels);

    /// <summary>Whether something made at a time, with labels, may go.</summary>
    public bool Fits(DateTimeOffset created, IReadOnlyDictionary<string, string>? labels)
    {
        if (created >= _until) return false;
        foreach ((string key, string? value, bool wanted) in _labels)
        {
            bool has = labels is not null && labels.TryGetValue(key, out string? found)
                && (value is null || value == found);
            if (has != wanted) return false;
        }
        return true;
    }

    private void Add(string name, string value)
    {
        switch (name)
        {
            case "until":
                _until = DateTimeOffset.UnixEpoch.AddTicks(TimeSyntax.Parse(value, "until") / 100);
                break;
            case "label" or "label!":
                int equals = value.IndexOf('=');
                _labels.Add((equals < 0 ? value : value[..equals], equals < 0 ? null : value[(equals + 1)..],
                    name == "label"));
                break;
            case "dangling" when value is "true" or "1" or "false" or "0":
                Dangling = value is "true" or "1";
                break;
            case "dangling":
                throw new UsageException($"invalid filter '{name}={value}'");
            default:
                throw new UsageException($"invalid filter '{name}'");
        }
    }
}
