using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Configuration;

/// <summary>
/// A file of settings that people write by hand, in JSON; comments and a comma too many are fine. Errors name the file,
/// the place in it, the problem, and what is expected.
/// </summary>
/// <param name="path">For messages.</param>
internal sealed class SettingsFile(string path)
{
    private static readonly JsonDocumentOptions s_options =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The file as a document, which is the caller's to dispose of.</summary>
    /// <exception cref="ImageException">It is not JSON.</exception>
    public JsonDocument Parse(byte[] json)
    {
        SettingsJson.Check(json, path, new JsonReaderOptions
        {
            CommentHandling = s_options.CommentHandling,
            AllowTrailingCommas = s_options.AllowTrailingCommas,
        });
        return JsonDocument.Parse(json, s_options);
    }

    /// <summary>An object's members, none of which is there twice.</summary>
    public List<JsonProperty> Members(JsonElement value, string place)
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

    /// <summary>An array's strings, each with its place.</summary>
    public List<(string Text, string Place)> Texts(JsonElement array, string place)
    {
        if (array.ValueKind != JsonValueKind.Array) throw Expected(array, place, "an array of strings");
        List<(string, string)> texts = [];
        foreach (JsonElement one in array.EnumerateArray())
        {
            string at = $"{place}[{texts.Count}]";
            texts.Add((Text(one, at), at));
        }
        return texts;
    }

    /// <summary>A string.</summary>
    public string Text(JsonElement value, string place) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Expected(value, place, "a string");

    /// <summary>A boolean.</summary>
    public bool Truth(JsonElement value, string place) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
            : throw Expected(value, place, "true or false");

    /// <summary>The path of a file.</summary>
    public string AbsolutePath(string text, string place) =>
        text.StartsWith('/') ? text : throw Bad(place, $"\"{text}\" is not an absolute path");

    /// <summary>The beginning of a reference (a prefix, mirror or location), with Docker Hub's one name.</summary>
    public string Name(string text, string place)
    {
        string host = HostOf(text), rest = host.Length == text.Length ? "any" : text[(host.Length + 1)..];
        if (ReferenceGrammar.WhatIsWrong(host, rest) is { } wrong)
            throw Bad(place, $"{wrong}: expected HOST[:PORT][/PATH], such as docker.io or mirror.example:5000/hub");
        return host == Reference.DefaultRegistryAlias ? Reference.DefaultRegistry + text[host.Length..] : text;
    }

    /// <summary>Refuses a prefix whose first part would be read as the beginning of a path.</summary>
    public void RequireHost(string prefix, string place)
    {
        if (!Reference.IsHost(HostOf(prefix))) throw Bad(place,
            $"names that begin so are Docker Hub's: expected \"docker.io/{prefix}\", or a host with its port");
    }

    /// <summary>What is in front of a name's first slash.</summary>
    public static string HostOf(string name) => name.IndexOf('/') is >= 0 and var slash ? name[..slash] : name;

    /// <summary>An error about a value of the wrong kind.</summary>
    public ImageException Expected(JsonElement value, string place, string what) =>
        Bad(place, $"is {value.ValueKind switch
        {
            JsonValueKind.Object => "an object",
            JsonValueKind.Array => "an array",
            JsonValueKind.String => "a string",
            JsonValueKind.Number => "a number",
            JsonValueKind.Null => "null",
            _ => "true or false",
        }}: expected {what}");

    /// <summary>An error.</summary>
    public ImageException Bad(string place, string problem) => new($"{path}: {place}: {problem}");

    /// <summary>A member's name as a part of a place.</summary>
    public static string Quoted(string name) => $"\"{name}\"";
}
