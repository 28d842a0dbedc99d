using Skiff.Agent.Containers;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary><c>ps --filter</c>: values of one key are alternatives, keys add up.</summary>
internal static class ContainerFilter
{
    /// <summary>Whether a container passes.</summary>
    /// <exception cref="UsageException">An unknown key.</exception>
    public static bool Matches(IReadOnlyList<string> filters, ContainerConfig config, ContainerState state)
    {
        var verdicts = new Dictionary<string, bool>();
        foreach (string filter in filters)
        {
            int equals = filter.IndexOf('=');
            string key = equals < 0 ? filter : filter[..equals], value = equals < 0 ? "" : filter[(equals + 1)..];
            bool hit = key switch
            {
                "id" => config.Id.StartsWith(value, StringComparison.Ordinal),
                "name" => config.Name.Contains(value, StringComparison.Ordinal),
                "status" => state.Status == value,
                "ancestor" => config.Image == value || config.ImageId == value,
                "label" => HasLabel(config, value),
                _ => throw new UsageException($"invalid filter '{key}'"),
            };
            // Every label has to be there; of other keys one value is enough.
            verdicts[key] = key == "label" ? verdicts.GetValueOrDefault(key, true) && hit
                : verdicts.GetValueOrDefault(key) || hit;
        }
        return !verdicts.ContainsValue(false);
    }

    private static bool HasLabel(ContainerConfig config, string label)
    {
        int equals = label.IndexOf('=');
        return equals < 0
            ? config.Labels.ContainsKey(label)
            : config.Labels.TryGetValue(label[..equals], out string? value) && value == label[(equals + 1)..];
    }
}
