using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.RuntimeSpec;

/// <summary>
/// An object of a JSON document of the OCI runtime specification, which knows its place for errors. What is missing and
/// what is null are the same, as in Go, which wrote most of these documents.
/// </summary>
/// <param name="element">The object.</param>
/// <param name="path">Its place, as in <c>process.user</c>; empty for the whole document.</param>
internal readonly struct SpecNode(JsonElement element, string path)
{
    /// <summary>Its place.</summary>
    public string Path => path;

    /// <summary>Whether the field is there.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Refuses a field that is not among those that are known.</summary>
    public void Only(params ReadOnlySpan<string> known)
    {
        foreach (JsonProperty property in element.EnumerateObject())
            if (!known.Contains(property.Name)) throw Wrong(property.Name, "is no field that is known here");
    }

    /// <summary>An object, or null.</summary>
    public SpecNode? Child(string name) =>
        Find(name, JsonValueKind.Object) is { } value ? new SpecNode(value, At(name)) : null;

    /// <summary>A text; empty when it is not there.</summary>
    public string Text(string name) => Find(name, JsonValueKind.String)?.GetString() ?? "";

    /// <summary>A truth; false when it is not there.</summary>
    public bool Flag(string name)
    {
        if (Find(name) is not { } value) return false;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
            : throw Wrong(name, $"is a JSON {value.ValueKind}, true or false is wanted");
    }

    /// <summary>A whole number between two others, or null.</summary>
    public long? Number(string name, long least = long.MinValue, long most = long.MaxValue)
    {
        if (Find(name, JsonValueKind.Number) is not { } value) return null;
        return value.TryGetInt64(out long number) && number >= least && number <= most ? number
            : throw Wrong(name, $"is {value}, a whole number from {least} to {most} is wanted");
    }

    /// <summary>A number of 64 bits without a sign, or null.</summary>
    public ulong? Unsigned(string name)
    {
        if (Find(name, JsonValueKind.Number) is not { } value) return null;
        return value.TryGetUInt64(out ulong number) ? number
            : throw Wrong(name, $"is {value}, a whole number from 0 to 2^64-1 is wanted");
    }

    /// <summary>A number of 32 bits without a sign; 0 when it is not there.</summary>
    public uint UInt32(string name) => (uint)(Number(name, 0, uint.MaxValue) ?? 0);

    /// <summary>The texts of an array; none when it is not there.</summary>
    public string[] Texts(string name) => TextsOrNull(name) ?? [];

    /// <summary>The texts of an array, or null.</summary>
    public string[]? TextsOrNull(string name)
    {
        if (Find(name, JsonValueKind.Array) is not { } array) return null;
        var texts = new string[array.GetArrayLength()];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = array[i].ValueKind == JsonValueKind.String ? array[i].GetString()!
                : throw Wrong($"{name}[{i}]", "is no text");
        return texts;
    }

    /// <summary>The numbers of an array; none when it is not there.</summary>
    public uint[] Numbers(string name)
    {
        if (Find(name, JsonValueKind.Array) is not { } array) return [];
        var numbers = new uint[array.GetArrayLength()];
        for (int i = 0; i < numbers.Length; i++)
            if (array[i].ValueKind != JsonValueKind.Number || !array[i].TryGetUInt32(out numbers[i]))
                throw Wrong($"{name}[{i}]", "is no number from 0 to 2^32-1");
        return numbers;
    }

    /// <summary>The objects of an array, each by <paramref name="read"/>; none when it is not there.</summary>
    public T[] Items<T>(string name, Func<SpecNode, T> read)
    {
        if (Find(name, JsonValueKind.Array) is not { } array) return [];
        var items = new T[array.GetArrayLength()];
        for (int i = 0; i < items.Length; i++)
        {
            if (array[i].ValueKind != JsonValueKind.Object) throw Wrong($"{name}[{i}]", "is no object");
            items[i] = read(new SpecNode(array[i], $"{At(name)}[{i}]"));
        }
        return items;
    }

    /// <summary>The fields of an object whose values are texts; none when it is not there.</summary>
    public Dictionary<string, string> Pairs(string name)
    {
        var pairs = new Dictionary<string, string>();
        if (Find(name, JsonValueKind.Object) is not { } value) return pairs;
        foreach (JsonProperty property in value.EnumerateObject())
            pairs[property.Name] = property.Value.ValueKind == JsonValueKind.String ? property.Value.GetString()!
                : throw Wrong($"{name}.{property.Name}", "is no text");
        return pairs;
    }

    /// <summary>The fields of an object whose values are objects; none when it is not there.</summary>
    public List<(string Name, SpecNode Value)> Children(string name)
    {
        var children = new List<(string, SpecNode)>();
        if (Find(name, JsonValueKind.Object) is not { } value) return children;
        foreach (JsonProperty property in value.EnumerateObject())
            if (property.Value.ValueKind == JsonValueKind.Object)
                children.Add((property.Name, new SpecNode(property.Value, $"{At(name)}.{property.Name}")));
            else throw Wrong($"{name}.{property.Name}", "is no object");
        return children;
    }

    /// <summary>The field's JSON; null when it is not there.</summary>
    public JsonElement? Find(string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>An error about a field, by its place.</summary>
    public UsageException Wrong(string name, string problem) => new($"{At(name)} {problem}");

    private JsonElement? Find(string name, JsonValueKind kind)
    {
        if (Find(name) is not { } value) return null;
        return value.ValueKind == kind ? value
            : throw Wrong(name, $"is a JSON {value.ValueKind}, a {kind} is wanted");
    }

    private string At(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
