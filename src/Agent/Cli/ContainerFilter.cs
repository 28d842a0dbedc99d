using System.Globalization;
using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Cli;

/// <summary><c>ps --filter</c>: values of one key are alternatives, keys add up, labels all have to be there.</summary>
internal sealed class ContainerFilter
{
    private static readonly string[] s_states =
        ["created", "running", "paused", "restarting", "removing", "exited", "dead"];
    private static readonly string[] s_health = ["none", "starting", "healthy", "unhealthy"];

    private readonly Engine _engine;
    private readonly List<(string Key, Func<ContainerConfig, ContainerState, bool> Fits)> _tests = [];

    /// <summary>Reads the filters.</summary>
    /// <exception cref="UsageException">One is unknown or malformed, in docker's words.</exception>
    public ContainerFilter(Engine engine, IReadOnlyList<string> filters)
    {
        _engine = engine;
        foreach (string filter in filters)
        {
            int equals = filter.IndexOf('=');
            if (equals < 0) throw new UsageException($"invalid argument \"{filter}\" for \"-f, --filter\" flag: "
                + "invalid filter format (want name=value)", 125);
            string key = filter[..equals].Trim().ToLowerInvariant();
            _tests.Add((key, Test(key, filter[(equals + 1)..].Trim())));
        }
    }

    /// <summary>Whether states are asked for: then those that do not run are meant too.</summary>
    public bool HasStatus => _tests.Exists(test => test.Key == "status");

    /// <summary>Whether a container passes.</summary>
    public bool Matches(ContainerConfig config, ContainerState state)
    {
        foreach ((string key, _) in _tests)
        {
            bool fits = key == "label"
                ? _tests.TrueForAll(test => test.Key != key || test.Fits(config, state))
                : _tests.Exists(test => test.Key == key && test.Fits(config, state));
            if (!fits) return false;
        }
        return true;
    }

    private Func<ContainerConfig, ContainerState, bool> Test(string key, string value)
    {
        switch (key)
        {
            case "id": return (c, _) => c.Id.StartsWith(value, StringComparison.Ordinal);
            case "name": return (c, _) => NamePattern.Matches(value, c.Name);
            case "label": return (c, _) => HasLabel(c, value);
            case "status":
                Check(key, value, "state", s_states);
                return (_, s) => s.Status == value;
            case "health":
                Check(key, value, "health", s_health);
                return (_, s) => (s.Health.Length == 0 ? "none" : s.Health) == value;
            case "exited": return ByExitCode(value);
            case "before" or "since":
                ContainerConfig other = _engine.Containers.Find(value);
                return key == "before" ? (c, _) => c.Created < other.Created : (c, _) => c.Created > other.Created;
            case "ancestor": return ByImage(value);
            case "network": return ByNetwork(value);
            case "volume":
                return (c, _) => Array.Exists(c.Mounts, m => m.Target == value || m.Source == value);
            case "publish": return ByPort(value, (c, port) => Published(c).Exists(p =>
                p.HostPort == port.Number && p.ProtocolName == port.Protocol));
            case "expose": return ByPort(value, (c, port) => c.ExposedPorts.Contains($"{port.Number}/{port.Protocol}")
                || Published(c).Exists(p => p.ContainerPort == port.Number && p.ProtocolName == port.Protocol));
            case "is-task" when value is "true" or "1" or "false" or "0": return (_, _) => value is "false" or "0";
            case "is-task": throw new UsageException($"invalid filter 'is-task=[{value}]'");
            default: throw new UsageException($"invalid filter '{key}'");
        }
    }

    private static void Check(string key, string value, string what, string[] words)
    {
        if (!words.Contains(value)) throw new UsageException($"invalid filter '{key}={value}': "
            + $"invalid value for {what} ({value}): must be one of {string.Join(", ", words)}");
    }

    // Records may name a network by its id.
    private Func<ContainerConfig, ContainerState, bool> ByNetwork(string value)
    {
        string[] names = _engine.Networks.List().FirstOrDefault(network => network.Name == value || network.Id == value
            || (value.Length >= 12 && network.Id.StartsWith(value, StringComparison.Ordinal))) is { } network
            ? [value, network.Name, network.Id] : [value];
        return (c, _) => names.Contains(c.NetworkMode) || Array.Exists(c.Attachments,
            settings => names.Contains(settings.Network));
    }

    private static Func<ContainerConfig, ContainerState, bool> ByExitCode(string value) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int code)
            ? (_, s) => s.Status is not ("created" or "running" or "paused") && s.ExitCode == code
            : throw new UsageException(
                $"invalid filter 'exited={value}': strconv.Atoi: parsing \"{value}\": invalid syntax");

    // What an image is made from is among its layers: they begin with those of its ancestor.
    private Func<ContainerConfig, ContainerState, bool> ByImage(string value)
    {
        if (_engine.Images.Resolve(value) is not { } id) return (c, _) => c.Image == value || c.ImageId == value;
        string[] layers = [.. _engine.Images.Open(id).DiffIds.Select(diffId => diffId.ToString())];
        return (c, _) => c.ImageId == id.ToString()
            || (layers.Length > 0 && c.DiffIds.AsSpan().StartsWith(layers));
    }

    private static Func<ContainerConfig, ContainerState, bool> ByPort(
        string value, Func<ContainerConfig, (ushort Number, string Protocol), bool> fits)
    {
        int slash = value.IndexOf('/');
        string protocol = slash < 0 ? "tcp" : value[(slash + 1)..];
        string[] ends = (slash < 0 ? value : value[..slash]).Split('-', 2);
        foreach (string end in ends)
            if (!ushort.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                throw new UsageException($"error while looking up for publish {value}: "
                    + $"strconv.ParseUint: parsing \"{end}\": invalid syntax");
        ushort first = ushort.Parse(ends[0], CultureInfo.InvariantCulture);
        ushort last = ushort.Parse(ends[^1], CultureInfo.InvariantCulture);
        return (c, _) =>
        {
            for (int port = first; port <= last; port++)
                if (fits(c, ((ushort)port, protocol))) return true;
            return false;
        };
    }

    private List<PortMapping> Published(ContainerConfig config) =>
        [.. _engine.Networks.EndpointsOf(config.Id).SelectMany(end => end.Ports)];

    private static bool HasLabel(ContainerConfig config, string label)
    {
        int equals = label.IndexOf('=');
        return equals < 0
            ? config.Labels.ContainsKey(label)
            : config.Labels.TryGetValue(label[..equals], out string? value) && value == label[(equals + 1)..];
    }
}
