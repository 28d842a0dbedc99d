using System.Text.Json;

namespace Skiff.Agent.Manager;

/// <summary>
/// Fields of a JSON object by hand. The generated serializer builds a description of each type first, which costs every
/// short command about a millisecond and every monitor 400 KiB.
/// </summary>
internal static class JsonFields
{
    /// <summary>
    /// Parses a record. While it does, the library has two arrays of the runtime's pool: 512 bytes to count nesting,
    /// and as many as the text has and a few more. Where both are of one size, giving them back takes each process 0.2
    /// ms (see CallBuffers in Interop), so a text of that length gets some blanks behind it.
    /// </summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static JsonElement Parse(ReadOnlySpan<byte> json)
    {
        const int longest = 512;
        if (json.Length is <= longest / 2 - 16 or > longest) return JsonElement.Parse(json);
        Span<byte> padded = stackalloc byte[longest + 1];
        json.CopyTo(padded);
        padded[json.Length..].Fill((byte)' ');
        return JsonElement.Parse(padded);
    }

    /// <summary>A text; empty when it is not there.</summary>
    public static string Text(JsonElement e, string name) => TextOrNull(e, name) ?? "";

    /// <summary>A text, or null.</summary>
    public static string? TextOrNull(JsonElement e, string name) =>
        e.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    /// <summary>A truth; false when it is not there.</summary>
    public static bool Flag(JsonElement e, string name) =>
        e.TryGetProperty(name, out JsonElement value) && value.GetBoolean();

    /// <summary>A whole number; 0 when it is not there.</summary>
    public static long Number(JsonElement e, string name) =>
        e.TryGetProperty(name, out JsonElement value) ? value.GetInt64() : 0;

    /// <summary>A point in time; default when it is not there.</summary>
    public static DateTimeOffset Time(JsonElement e, string name) =>
        e.TryGetProperty(name, out JsonElement value) ? value.GetDateTimeOffset() : default;

    /// <summary>Texts; none when the field is not there.</summary>
    public static string[] Texts(JsonElement e, string name) => List(e, name, static item => item.GetString()!);

    /// <summary>Items; none when the field is not there.</summary>
    public static T[] List<T>(JsonElement e, string name, Func<JsonElement, T> read)
    {
        if (!e.TryGetProperty(name, out JsonElement value)) return [];
        var items = new T[value.GetArrayLength()];
        for (int i = 0; i < items.Length; i++) items[i] = read(value[i]);
        return items;
    }

    /// <summary>Key and value pairs; none when the field is not there.</summary>
    public static Dictionary<string, string> Pairs(JsonElement e, string name)
    {
        var pairs = new Dictionary<string, string>();
        if (!e.TryGetProperty(name, out JsonElement value)) return pairs;
        foreach (JsonProperty property in value.EnumerateObject()) pairs[property.Name] = property.Value.GetString()!;
        return pairs;
    }

    /// <summary>Writes texts; nothing for none.</summary>
    public static void Write(JsonText w, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0) return;
        w.WriteStartArray(name);
        foreach (string value in values) w.WriteStringValue(value);
        w.WriteEndArray();
    }

    /// <summary>Writes pairs; nothing for none.</summary>
    public static void Write(JsonText w, string name, Dictionary<string, string> pairs)
    {
        if (pairs.Count == 0) return;
        w.WriteStartObject(name);
        foreach (var (key, value) in pairs) w.WriteString(key, value);
        w.WriteEndObject();
    }

    /// <summary>Writes a text; nothing for null or an empty one.</summary>
    public static void Write(JsonText w, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) w.WriteString(name, value);
    }

    /// <summary>Writes a number; nothing for 0.</summary>
    public static void Write(JsonText w, string name, long value)
    {
        if (value != 0) w.WriteNumber(name, value);
    }

    /// <summary>Writes a truth; nothing for false.</summary>
    public static void Write(JsonText w, string name, bool value)
    {
        if (value) w.WriteBoolean(name, true);
    }

    /// <summary>Writes a point in time; nothing for the default.</summary>
    public static void Write(JsonText w, string name, DateTimeOffset value)
    {
        if (value != default) w.WriteTime(name, value);
    }

    /// <summary>An object as bytes.</summary>
    public static byte[] ToBytes(Action<JsonText> body)
    {
        var text = new JsonText();
        text.WriteStartObject();
        body(text);
        text.WriteEndObject();
        return text.Bytes.ToArray();
    }
}
