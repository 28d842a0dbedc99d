using Skiff.Agent.Manager;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Cli;

/// <summary>
/// The <c>--filter</c> of <c>network ls</c>. All keys have to fit; of one key any value does, but for labels every one.
/// </summary>
internal sealed class NetworkFilter
{
    private readonly List<(string Key, Func<NetworkRecord, bool> Fits)> _tests = [];

    /// <summary>Reads the filters.</summary>
    /// <exception cref="UsageException">One is unknown or malformed.</exception>
    public NetworkFilter(Engine engine, IReadOnlyList<string> filters)
    {
        foreach (string filter in filters)
        {
            int equals = filter.IndexOf('=');
            if (equals < 0) throw new UsageException($"invalid argument \"{filter}\" for \"-f, --filter\" flag: "
                + "invalid filter format (want name=value)", 125);
            (string key, string value) = (filter[..equals].Trim().ToLowerInvariant(), filter[(equals + 1)..].Trim());
            _tests.Add((key, Test(engine, key, value)));
        }
    }

    /// <summary>Whether a network is listed.</summary>
    public bool Fits(NetworkRecord network) => _tests.TrueForAll(test => test.Key == "label"
        ? test.Fits(network) : _tests.Exists(other => other.Key == test.Key && other.Fits(network)));

    private static Func<NetworkRecord, bool> Test(Engine engine, string key, string value)
    {
        switch (key)
        {
            case "driver": return network => network.Driver == value;
            case "id": return network => network.Id.Contains(value, StringComparison.Ordinal);
            case "name": return network => network.Name.Contains(value, StringComparison.Ordinal);
            case "scope": return network => network.Scope == value;
            case "label":
                int equals = value.IndexOf('=');
                return network => network.Labels.TryGetValue(equals < 0 ? value : value[..equals], out string? has)
                    && (equals < 0 || has == value[(equals + 1)..]);
            case "type" when value is "custom" or "builtin":
                return network => network.IsPredefined == (value == "builtin");
            case "type": throw new UsageException($"invalid filter: 'type'='{value}'");
            case "dangling" when value is "true" or "1" or "false" or "0":
                HashSet<string> used = [.. engine.Networks.Endpoints().Select(end => end.NetworkId)];
                return network => (!network.IsPredefined && !used.Contains(network.Id)) == (value is "true" or "1");
            case "dangling": throw new UsageException($"invalid filter 'dangling={value}'");
            default: throw new UsageException($"invalid filter '{key}'");
        }
    }
}
