using System.Globalization;
using System.Text.Json;
using Skiff.Agent.Manager;
using Skiff.Interop.Processes;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// Dockerfile instructions that change an image's configuration and nothing else (<c>commit -c</c>): CMD, ENTRYPOINT,
/// ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR, as moby takes them.
/// </summary>
internal sealed class ConfigChanges
{
    private static readonly string[] s_shell = ["/bin/sh", "-c"];

    private ContainerDefaults _config;
    private bool _hasCmd;

    private ConfigChanges(ContainerDefaults config) => _config = config;

    /// <summary>The configuration with all changes, in their order.</summary>
    /// <exception cref="UsageException">One of them is no such instruction, or is malformed.</exception>
    public static ContainerDefaults Apply(ContainerDefaults config, IReadOnlyList<string> changes)
    {
        var all = new ConfigChanges(config);
        foreach (string change in changes) all.Apply(change.Trim());
        return all._config;
    }

    private void Apply(string change)
    {
        int end = change.AsSpan().IndexOfAny(" \t");
        string name = (end < 0 ? change : change[..end]).ToUpperInvariant();
        string rest = end < 0 ? "" : change[end..].Trim();
        if (rest.Length == 0 && name is not ("CMD" or "ENTRYPOINT"))
            throw new UsageException($"{name} requires at least one argument: {change}");
        switch (name)
        {
            case "CMD":
                _config = _config with { Cmd = Command(rest) };
                _hasCmd = true;
                break;
            case "ENTRYPOINT":
                // The image's command was meant for its old entrypoint; one that was set here is for the new.
                _config = _config with { Entrypoint = Command(rest), Cmd = _hasCmd ? _config.Cmd : null };
                break;
            case "ENV":
                foreach ((string key, string value) in Pairs(name, rest)) SetVariable(key, value);
                break;
            case "LABEL":
                Dictionary<string, string> labels = new(_config.Labels ?? []);
                foreach ((string key, string value) in Pairs(name, rest)) labels[key] = value;
                _config = _config with { Labels = labels };
                break;
            case "EXPOSE":
                _config = _config with { ExposedPorts = With(_config.ExposedPorts, Words(rest).SelectMany(Ports)) };
                break;
            case "VOLUME":
                _config = _config with { Volumes = With(_config.Volumes, Array(rest) ?? Words(rest)) };
                break;
            case "HEALTHCHECK":
                _config = _config with { Healthcheck = HealthcheckChange.Parse(rest, Array) };
                break;
            case "ONBUILD":
                _config = _config with { OnBuild = [.. _config.OnBuild ?? [], Trigger(rest)] };
                break;
            case "STOPSIGNAL":
                _config = _config with { StopSignal = Signal(Single(name, rest)) };
                break;
            case "USER":
                _config = _config with { User = Single(name, rest) };
                break;
            case "WORKDIR":
                _config = _config with { WorkingDir = Path.GetFullPath(Single(name, rest), Base()) };
                break;
            default:
                throw new UsageException($"{name} is not a valid change command: use CMD, ENTRYPOINT, ENV, EXPOSE, "
                    + "HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR");
        }
    }

    private string Base() => string.IsNullOrEmpty(_config.WorkingDir) ? "/" : _config.WorkingDir;

    private IReadOnlyList<string> Command(string text) =>
        Array(text) ?? (text.Length == 0 ? [] : [.. _config.Shell ?? s_shell, text]);

    /// <summary>A JSON array of strings, or null: what looks almost like one is words, as in Dockerfiles.</summary>
    private static List<string>? Array(string text)
    {
        if (!text.StartsWith('[')) return null;
        try
        {
            using JsonDocument json = JsonDocument.Parse(text);
            List<string> strings = [];
            foreach (JsonElement element in json.RootElement.EnumerateArray()) strings.Add(element.GetString()!);
            return strings;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>An instruction for the build of a later image, kept as it is; some cannot be one.</summary>
    private static string Trigger(string text)
    {
        string name = text.Split(' ', '\t')[0].ToUpperInvariant();
        return name switch
        {
            "ONBUILD" => throw new UsageException("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
            "FROM" or "MAINTAINER" => throw new UsageException($"{name} isn't allowed as an ONBUILD trigger"),
            _ => text,
        };
    }

    private static string Signal(string text) =>
        Signals.TryParse(text, out _) ? text : throw new UsageException($"invalid signal: {text}");

    private List<string> Words(string text) => ChangeWords.Of(text, Variable);

    private string Single(string name, string text) => Words(text) is [{ Length: > 0 } word] ? word
        : throw new UsageException($"{name} requires exactly one argument: {text}");

    /// <summary><c>key=value key2="value two"</c>, or the old form <c>key the whole rest</c>.</summary>
    private List<(string Key, string Value)> Pairs(string name, string text)
    {
        int blank = text.AsSpan().IndexOfAny(" \t");
        string first = blank < 0 ? text : text[..blank];
        if (!first.Contains('='))
        {
            if (blank < 0) throw new UsageException($"{name} must have two arguments");
            return [(Words(first)[0], string.Join(' ', Words(text[blank..])))];
        }
        List<(string Key, string Value)> pairs = [];
        foreach (string word in Words(text))
        {
            int equals = word.IndexOf('=');
            if (equals < 0) throw new UsageException($"Syntax error - can't find = in \"{word}\". "
                + "Must be of the form: name=value");
            if (equals == 0) throw new UsageException($"{name} names can not be blank");
            pairs.Add((word[..equals], word[(equals + 1)..]));
        }
        return pairs;
    }

    private string Variable(string name)
    {
        foreach (string entry in _config.Env ?? [])
            if (entry.StartsWith(name + "=", StringComparison.Ordinal)) return entry[(name.Length + 1)..];
        return "";
    }

    private void SetVariable(string name, string value)
    {
        List<string> env = [.. _config.Env ?? []];
        int at = env.FindIndex(entry => entry.StartsWith(name + "=", StringComparison.Ordinal));
        if (at < 0) env.Add($"{name}={value}");
        else env[at] = $"{name}={value}";
        _config = _config with { Env = env };
    }

    private static Dictionary<string, EmptyObject> With(
        Dictionary<string, EmptyObject>? set, IEnumerable<string> added)
    {
        Dictionary<string, EmptyObject> result = new(set ?? []);
        foreach (string one in added)
            if (one.Trim().Length > 0) result[one] = EmptyObject.Instance;
            else throw new UsageException("VOLUME specified can not be an empty string");
        return result;
    }

    private static IEnumerable<string> Ports(string text)
    {
        int slash = text.IndexOf('/');
        string protocol = slash < 0 ? "tcp" : text[(slash + 1)..].ToLowerInvariant();
        string[] range = (slash < 0 ? text : text[..slash]).Split('-');
        bool good = ushort.TryParse(range[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort first)
            & ushort.TryParse(range[^1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort last)
            && range.Length <= 2 && first <= last && protocol is ("tcp" or "udp" or "sctp");
        if (!good) throw new UsageException($"invalid containerPort: {text}");
        for (int port = first; port <= last; port++) yield return $"{port}/{protocol}";
    }
}
