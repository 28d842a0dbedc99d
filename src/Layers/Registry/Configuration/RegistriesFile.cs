using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Configuration;

/// <summary>
/// Reads <c>registries.json</c>: <c>{"registries": {"PREFIX": {"mirrors": [...], "location": "...", "blocked": true,
/// "insecure": true, "ca": "FILE", "cert": "FILE", "key": "FILE"}}}</c>. A member that nobody knows is an error, since
/// it may have been meant to block something.
/// </summary>
internal sealed class RegistriesFile
{
    private readonly SettingsFile _file;

    private RegistriesFile(SettingsFile file) => _file = file;

    /// <summary>The rules of a file.</summary>
    /// <param name="json">Its content.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="ImageException">Malformed; says where and what.</exception>
    public static IReadOnlyList<RegistryRule> Parse(byte[] json, string path)
    {
        var file = new SettingsFile(path);
        using JsonDocument document = file.Parse(json);
        return new RegistriesFile(file).Rules(document.RootElement);
    }

    private List<RegistryRule> Rules(JsonElement root)
    {
        List<RegistryRule> rules = [];
        foreach (JsonProperty member in _file.Members(root, "the file"))
        {
            string name = SettingsFile.Quoted(member.Name);
            if (member.Name != "registries") throw _file.Bad(name, "unknown member: expected registries");
            foreach (JsonProperty registry in _file.Members(member.Value, "registries"))
                rules.Add(Rule(registry.Name, registry.Value, $"registries.{SettingsFile.Quoted(registry.Name)}"));
        }
        return rules;
    }

    private RegistryRule Rule(string name, JsonElement members, string place)
    {
        string prefix = _file.Name(name, place);
        bool isHost = !prefix.Contains('/');
        var rule = new RegistryRule(prefix);
        string? certificate = null, key = null;
        foreach (JsonProperty member in _file.Members(members, place))
        {
            string at = $"{place}.{member.Name}";
            JsonElement value = member.Value;
            if (!isHost && member.Name is "insecure" or "ca" or "cert" or "key")
                throw _file.Bad(at, $"is said of a host: put it below \"{SettingsFile.HostOf(prefix)}\"");
            switch (member.Name)
            {
                case "mirrors": rule = rule with { Mirrors = Names(value, at) }; break;
                case "location": rule = rule with { Location = _file.Name(_file.Text(value, at), at) }; break;
                case "blocked": rule = rule with { Blocked = _file.Truth(value, at) }; break;
                case "insecure":
                    rule = rule with { Host = rule.Host with { Insecure = _file.Truth(value, at) } };
                    break;
                case "ca": rule = rule with { Host = rule.Host with { CaFiles = [File(value, at)] } }; break;
                case "cert": certificate = File(value, at); break;
                case "key": key = File(value, at); break;
                default:
                    throw _file.Bad(
                        at, "unknown member: expected mirrors, location, blocked, insecure, ca, cert or key");
            }
        }
        if (rule is not { Mirrors.Count: 0, Location: null, Blocked: false }) _file.RequireHost(prefix, place);
        if (certificate is null != key is null)
            throw _file.Bad(place, "cert and key go together: one of them is missing");
        return certificate is null ? rule : rule with { Host = rule.Host with { Client = (certificate, key!) } };
    }

    private List<string> Names(JsonElement array, string place) =>
        _file.Texts(array, place).ConvertAll(one => _file.Name(one.Text, one.Place));

    private string File(JsonElement value, string place) => _file.AbsolutePath(_file.Text(value, place), place);
}
