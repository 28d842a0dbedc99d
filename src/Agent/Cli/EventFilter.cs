using Skiff.Agent.Events;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// <c>events --filter</c>: values of one key are alternatives, keys add up, labels all have to be there.
/// </summary>
internal sealed class EventFilter
{
    private static readonly string[] s_keys =
        ["config", "container", "daemon", "event", "image", "label", "network", "node", "plugin", "scope", "secret",
            "service", "type", "volume"];

    private readonly List<(string Key, string Value)> _filters = [];

    /// <summary>Reads the filters.</summary>
    /// <exception cref="UsageException">One is unknown or malformed.</exception>
    public EventFilter(IReadOnlyList<string> filters)
    {
        foreach (string filter in filters)
        {
            int equals = filter.IndexOf('=');
            if (equals < 0) throw new UsageException($"invalid argument \"{filter}\" for \"-f, --filter\" flag: "
                + "invalid filter format (want name=value)", 125);
            string key = filter[..equals].Trim().ToLowerInvariant();
            if (!s_keys.Contains(key)) throw new UsageException($"invalid filter '{key}'");
            _filters.Add((key, filter[(equals + 1)..].Trim()));
        }
    }

    /// <summary>Whether an event is wanted.</summary>
    public bool Fits(EngineEvent e)
    {
        foreach (string key in s_keys)
        {
            if (!_filters.Exists(filter => filter.Key == key)) continue;
            bool fits = key == "label"
                ? _filters.TrueForAll(filter => filter.Key != key || HasLabel(e, filter.Value))
                : _filters.Exists(filter => filter.Key == key && Fits(e, key, filter.Value));
            if (!fits) return false;
        }
        return true;
    }

    private static bool Fits(EngineEvent e, string key, string value) => key switch
    {
        "event" => e.Action == value || (e.Action.Contains(':') && e.Action[..e.Action.IndexOf(':')] == value),
        "type" => e.Type == value,
        "scope" => value == "local",
        "image" => FitsImage(e, value),
        _ => e.Type == key && (e.Id.StartsWith(value, StringComparison.Ordinal)
            || e.Attribute("name").StartsWith(value, StringComparison.Ordinal)),
    };

    // Of a container it is the image that it was made from; a name without a tag stands for all of them.
    private static bool FitsImage(EngineEvent e, string value)
    {
        if (e.Type is not ("image" or "container")) return false;
        string name = e.Attribute(e.Type == "image" ? "name" : "image");
        return name == value || WithoutTag(name) == value
            || (e.Type == "image" && (e.Id == value || WithoutTag(e.Id) == value));
    }

    private static string WithoutTag(string name)
    {
        int colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[..colon] : name;
    }

    private static bool HasLabel(EngineEvent e, string label)
    {
        int equals = label.IndexOf('=');
        string name = equals < 0 ? label : label[..equals];
        return Array.Exists(e.Attributes,
            a => a.Name == name && (equals < 0 || a.Value == label[(equals + 1)..]));
    }
}
