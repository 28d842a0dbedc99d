using System.Buffers;
using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Events;

/// <summary>
/// Something that has happened to an object of the engine, in Docker's words (Docker API, SystemEvents).
/// </summary>
/// <param name="Type">container, image, volume or network.</param>
/// <param name="Action">create, start, die ...; <c>exec_create: COMMAND</c> and its like say more.</param>
/// <param name="Id">The object's id, or its name where it has none; empty for prunes.</param>
/// <param name="Attributes">More of it, sorted by name.</param>
/// <param name="UnixNanoseconds">When.</param>
internal sealed record EngineEvent(
    string Type, string Action, string Id, (string Name, string Value)[] Attributes, long UnixNanoseconds)
{
    /// <summary>The image of a container, or empty.</summary>
    public string From => Type == "container" ? Attribute("image") : "";

    /// <summary>Images and containers have these two twice, as they had them once.</summary>
    public bool HasOldFields => Type is "container" or "image";

    /// <summary>The value of an attribute, or empty.</summary>
    public string Attribute(string name)
    {
        foreach ((string key, string value) in Attributes)
            if (key == name) return value;
        return "";
    }

    /// <summary>Appends Docker's object, on one line with its end.</summary>
    public void WriteLine(ArrayBufferWriter<byte> buffer)
    {
        var json = new JsonText(buffer);
        json.WriteStartObject();
        if (HasOldFields) json.WriteString("status", Action);
        if (HasOldFields && Id.Length > 0) json.WriteString("id", Id);
        if (From.Length > 0) json.WriteString("from", From);
        json.WriteString("Type", Type);
        json.WriteString("Action", Action);
        json.WriteStartObject("Actor");
        json.WriteString("ID", Id);
        json.WriteStartObject("Attributes");
        foreach ((string name, string value) in Attributes) json.WriteString(name, value);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("scope", "local");
        json.WriteNumber("time", UnixNanoseconds / 1_000_000_000);
        json.WriteNumber("timeNano", UnixNanoseconds);
        json.WriteEndObject();
        buffer.Write("\n"u8);
    }

    /// <summary>Reads a line; null when it is damaged.</summary>
    public static EngineEvent? TryParse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement, actor = root.GetProperty("Actor"u8);
            List<(string, string)> attributes = [];
            foreach (JsonProperty attribute in actor.GetProperty("Attributes"u8).EnumerateObject())
                attributes.Add((attribute.Name, attribute.Value.GetString() ?? ""));
            return new EngineEvent(root.GetProperty("Type"u8).GetString()!, root.GetProperty("Action"u8).GetString()!,
                actor.GetProperty("ID"u8).GetString()!, [.. attributes], root.GetProperty("timeNano"u8).GetInt64());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            return null;
        }
    }
}
