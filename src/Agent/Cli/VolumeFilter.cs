using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Cli;

/// <summary>
/// The <c>--filter</c> of <c>volume ls</c>. All keys have to fit; of one key any value does, but for labels every one.
/// </summary>
internal sealed class VolumeFilter
{
    private readonly List<(string Key, Func<Volume, bool> Fits)> _tests = [];

    /// <summary>Reads the filters.</summary>
    /// <exception cref="UsageException">One is unknown or malformed.</exception>
    public VolumeFilter(Engine engine, IReadOnlyList<string> filters)
    {
        foreach (string filter in filters)
        {
            int equals = filter.IndexOf('=');
            if (equals < 0) throw new UsageException($"invalid argument \"{filter}\" for \"-f, --filter\" flag: "
                + "invalid filter format (want name=value)", 125);
            string key = filter[..equals].Trim().ToLowerInvariant();
            _tests.Add((key, Test(engine, key, filter[(equals + 1)..].Trim())));
        }
    }

    /// <summary>Whether a volume is listed.</summary>
    public bool Fits(Volume volume) => _tests.TrueForAll(test => test.Key == "label"
        ? test.Fits(volume) : _tests.Exists(other => other.Key == test.Key && other.Fits(volume)));

    private static Func<Volume, bool> Test(Engine engine, string key, string value)
    {
        switch (key)
        {
            case "driver": return _ => value == "local";
            case "name": return volume => NamePattern.Matches(value, volume.Name);
            case "label":
                int equals = value.IndexOf('=');
                return volume => volume.Labels.TryGetValue(equals < 0 ? value : value[..equals], out string? has)
                    && (equals < 0 || has == value[(equals + 1)..]);
            case "dangling" when value is "true" or "1" or "false" or "0":
                HashSet<string> used = engine.UsedVolumes();
                return volume => !used.Contains(volume.Name) == (value is "true" or "1");
            case "dangling": throw new UsageException($"invalid filter 'dangling={value}'");
            default: throw new UsageException($"invalid filter '{key}'");
        }
    }
}
