using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Configuration;

/// <summary>
/// Reads <c>registries.json</c>: <c>{"registries": {"PREFIX": {"mirrors": [...], "location": "...", "blocked": true,
/// "insecure": true, "ca": "FILE", "cert": "FILE", "key": "FILE"}}}</c>. Comments and a comma too many are fine; a
/// member that nobody knows is an error, since it may have been meant to block something.
/// </summary>
internal sealed class RegistriesFile
{
    private static readonly JsonDocumentOptions s_options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private readonly string _path;

    private RegistriesFile(string path) => _path = path;

    /// <summary>The rules of a file.</summary>
    /// <param name="json">Its content.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="ImageException">Malformed; says where and what.</exception>
    public static IReadOnlyList<RegistryRule> Parse(byte[] json, string path)
    {
        SettingsJson.Check(json, path, new JsonReaderOptions
        {
            CommentHandling = s_options.CommentHandling,
            AllowTrailingCommas = s_options.AllowTrailingCommas,
        });
        using JsonDocument document = JsonDocument.Parse(json, s_options);
        return new RegistriesFile(path).Rules(document.RootElement);
    }

    private List<RegistryRule> Rules(JsonElement root)
    {
        List<RegistryRule> rules = [];
        foreach (JsonProperty member in Members(root, "the file"))
        {
            if (member.Name != "registries") throw Bad(Quoted(member.Name), "unknown member: expected registries");
            foreach (JsonProperty registry in Members(member.Value, "registries"))
                rules.Add(Rule(registry.Name, registry.Value, $"registries.{Quoted(registry.Name)}"));
        }
        return rules;
    }

    private RegistryRule Rule(string name, JsonElement members, string place)
    {
        string prefix = Name(name, place);
        bool isHost = !prefix.Contains('/');
        var rule = new RegistryRule(prefix);
        string? certificate = null, key = null;
        foreach (JsonProperty member in Members(members, place))
        {
            string at = $"{place}.{member.Name}";
            if (!isHost && member.Name is "insecure" or "ca" or "cert" or "key")
                throw Bad(at, $"is said of a host: put it below \"{HostOf(prefix)}\"");
            switch (member.Name)
            {
                case "mirrors": rule = rule with { Mirrors = Names(member.Value, at) }; break;
                case "location": rule = rule with { Location = Name(Text(member.Value, at), at) }; break;
                case "blocked": rule = rule with { Blocked = Truth(member.Value, at) }; break;
                case "insecure":
                    rule = rule with { Host = rule.Host with { Insecure = Truth(member.Value, at) } };
                    break;
                case "ca": rule = rule with { Host = rule.Host with { CaFiles = [File(member.Value, at)] } }; break;
                case "cert": certificate = File(member.Value, at); break;
                case "key": key = File(member.Value, at); break;
                default:
                    throw Bad(at, "unknown member: expected mirrors, location, blocked, insecure, ca, cert or key");
            }
        }
        if (rule is not { Mirrors.Count: 0, Location: null, Blocked: false } && !Reference.IsHost(HostOf(prefix)))
            throw Bad(place,
                $"names that begin so are Docker Hub's: expected \"docker.io/{prefix}\", or a host with its port");
        if (certificate is null != key is null) throw Bad(place, "cert and key go together: one of them is missing");
        return certificate is null ? rule : rule with { Host = rule.Host with { Client = (certificate, key!) } };
    }

    private List<string> Names(JsonElement array, string place)
    {
        if (array.ValueKind != JsonValueKind.Array) throw Expected(array, place, "an array of strings");
        List<string> names = [];
        foreach (JsonElement one in array.EnumerateArray())
        {
            string at = $"{place}[{names.Count}]";
            names.Add(Name(Text(one, at), at));
        }
        return names;
    }

    // A prefix, mirror or location is the beginning of a reference.
    private string Name(string text, string place)
    {
        string host = HostOf(text), path = host.Length == text.Length ? "any" : text[(host.Length + 1)..];
        if (ReferenceGrammar.WhatIsWrong(host, path) is { } wrong)
            throw Bad(place, $"{wrong}: expected HOST[:PORT][/PATH], such as docker.io or mirror.example:5000/hub");
        return host == Reference.DefaultRegistryAlias ? Reference.DefaultRegistry + text[host.Length..] : text;
    }

    private static string HostOf(string name) => name.IndexOf('/') is >= 0 and var slash ? name[..slash] : name;

    private string File(JsonElement value, string place)
    {
        string path = Text(value, place);
        return path.StartsWith('/') ? path : throw Bad(place, $"\"{path}\" is not an absolute path");
    }

    private string Text(JsonElement value, string place) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Expected(value, place, "a string");

    private bool Truth(JsonElement value, string place) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
            : throw Expected(value, place, "true or false");

    private List<JsonProperty> Members(JsonElement value, string place)
    {
        if (value.ValueKind != JsonValueKind.Object) throw Expected(value, place, "an object");
        List<JsonProperty> members = [];
        HashSet<string> names = [];
        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (!names.Add(member.Name)) throw Bad(place, $"{Quoted(member.Name)} is there twice");
            members.Add(member);
        }
        return members;
    }

    private ImageException Expected(JsonElement value, string place, string what) =>
        Bad(place, $"is {value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            JsonValueKind.String => "a string",
            JsonValueKind.Number => "a number",
            JsonValueKind.Null => "null",
            _ => "true or false",
        }}: expected {what}");

    private ImageException Bad(string place, string problem) => new($"{_path}: {place}: {problem}");

    private static string Quoted(string name) => $"\"{name}\"";
}
