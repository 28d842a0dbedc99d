using System.Text.Json;

namespace Skiff.Agent.Api;

/// <summary>
/// Reads the fields of a request's JSON. As in Go, names count whatever their case, and null is what is not there.
/// </summary>
internal static class JsonBody
{
    /// <summary>Parses a body that has to be an object.</summary>
    /// <exception cref="ApiException">It is no JSON, with the place, or no object.</exception>
    public static JsonDocument Parse(byte[] body)
    {
        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(body.AsMemory(), new JsonDocumentOptions { MaxDepth = 32 });
            CheckTexts(document.RootElement);
            if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            document?.Dispose();
            throw ApiException.Bad($"invalid JSON: {e.Message}");
        }
        document.Dispose();
        throw ApiException.Bad("the request's body has to be a JSON object");
    }

    // The parser takes bytes that are no UTF-8, and halves of surrogates, for text; who reads that throws.
    private static void CheckTexts(JsonElement of)
    {
        if (of.ValueKind == JsonValueKind.String) of.GetString();
        else if (of.ValueKind == JsonValueKind.Array)
            foreach (JsonElement element in of.EnumerateArray()) CheckTexts(element);
        else if (of.ValueKind == JsonValueKind.Object)
            foreach (JsonProperty property in of.EnumerateObject())
            {
                _ = property.Name;
                CheckTexts(property.Value);
            }
    }

    /// <summary>A field, or null.</summary>
    public static JsonElement? Field(JsonElement of, string name)
    {
        if (of.ValueKind != JsonValueKind.Object) return null;
        if (of.TryGetProperty(name, out JsonElement exact)) return OrNull(exact);
        foreach (JsonProperty property in of.EnumerateObject())
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) return OrNull(property.Value);
        return null;
    }

    /// <summary>An object.</summary>
    public static JsonElement? Object(JsonElement of, string name) => Of(of, name, JsonValueKind.Object, "an object");

    /// <summary>A text; empty when it is not there.</summary>
    public static string Text(JsonElement of, string name) =>
        Of(of, name, JsonValueKind.String, "a string")?.GetString() ?? "";

    /// <summary>A value that becomes one part of an option's, whose other parts come from other fields.</summary>
    /// <param name="field">Whose it is.</param>
    /// <param name="value">It.</param>
    /// <param name="apart">What keeps the parts apart.</param>
    public static string Part(string field, string value, char apart) => !value.Contains(apart) ? value
        : throw ApiException.Bad($"invalid {field}: \"{value}\": has no place for a '{apart}'");

    /// <summary>A truth.</summary>
    public static bool? Truth(JsonElement of, string name) => Field(of, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(name, "true or false"),
    };

    /// <summary>A whole number.</summary>
    public static long? Number(JsonElement of, string name) =>
        Of(of, name, JsonValueKind.Number, "a number") is not { } value ? null
            : value.TryGetInt64(out long number) ? number : throw Wrong(name, "a whole number");

    /// <summary>A list of texts; a single text is one of them. Null when it is not there.</summary>
    public static List<string>? Texts(JsonElement of, string name)
    {
        if (Field(of, name) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.String) return [value.GetString()!];
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(name, "a list of strings");
        var texts = new List<string>();
        foreach (JsonElement item in value.EnumerateArray())
            texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()!
                : throw Wrong(name, "a list of strings"));
        return texts;
    }

    /// <summary>The items of a list of objects.</summary>
    public static IEnumerable<JsonElement> Items(JsonElement of, string name)
    {
        if (Of(of, name, JsonValueKind.Array, "a list") is not { } list) yield break;
        foreach (JsonElement item in list.EnumerateArray())
            yield return item.ValueKind == JsonValueKind.Object ? item : throw Wrong(name, "a list of objects");
    }

    /// <summary>The pairs of an object whose values are texts.</summary>
    public static IEnumerable<(string Key, string Value)> Pairs(JsonElement of, string name)
    {
        foreach ((string key, JsonElement value) in Entries(of, name))
            yield return (key, value.ValueKind switch
            {
                JsonValueKind.String => value.GetString()!,
                JsonValueKind.Null => "",
                _ => throw Wrong(name, "an object of strings"),
            });
    }

    /// <summary>The same by key; of one that comes twice the last counts.</summary>
    public static Dictionary<string, string> Map(JsonElement of, string name)
    {
        var map = new Dictionary<string, string>();
        foreach ((string key, string value) in Pairs(of, name)) map[key] = value;
        return map;
    }

    /// <summary>The fields of an object.</summary>
    public static IEnumerable<(string Key, JsonElement Value)> Entries(JsonElement of, string name)
    {
        if (Object(of, name) is not { } map) yield break;
        foreach (JsonProperty property in map.EnumerateObject()) yield return (property.Name, property.Value);
    }

    /// <summary>The field <c>ConsoleSize</c>, rows and columns; zeros when it is not there.</summary>
    public static (ushort Rows, ushort Columns) ConsoleSize(JsonElement of)
    {
        if (Field(of, "ConsoleSize") is not { } size) return default;
        return size.ValueKind == JsonValueKind.Array && size.GetArrayLength() == 2
            && size[0].ValueKind == JsonValueKind.Number && size[0].TryGetUInt16(out ushort rows)
            && size[1].ValueKind == JsonValueKind.Number && size[1].TryGetUInt16(out ushort columns)
            ? (rows, columns) : throw Wrong("ConsoleSize", "two numbers, rows and columns");
    }

    /// <summary>A field is not what it has to be.</summary>
    public static ApiException Wrong(string name, string what) => ApiException.Bad($"invalid {name}: has to be {what}");

    private static JsonElement? Of(JsonElement of, string name, JsonValueKind kind, string what) =>
        Field(of, name) is not { } value ? null : value.ValueKind == kind ? value : throw Wrong(name, what);

    private static JsonElement? OrNull(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value;
}
