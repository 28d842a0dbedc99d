using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Skiff.Agent.Cli.Display;

/// <summary>Values in templates: JSON, or the strings, numbers and truths that functions make.</summary>
internal static class TemplateValue
{
    private static readonly JsonElement s_null = JsonElement.Parse("null");

    private static readonly string[] s_optional =
    [
        "Annotations", "Driver", "ExposedPorts", "Health", "Healthcheck", "Init", "MacAddress", "Mounts", "Name",
        "Shell", "SizeRootFs", "SizeRw", "StorageOpt", "Sysctls", "Tmpfs",
    ];

    /// <summary>Follows <c>.A.B</c> from a value; <c>.</c> and the empty path are the value itself.</summary>
    /// <exception cref="Manager.UsageException">There is no such field.</exception>
    internal static object? Walk(object? value, string path)
    {
        string[] names = path.Split('.', StringSplitOptions.RemoveEmptyEntries);
        foreach (string name in names)
        {
            if (value is JsonElement { ValueKind: JsonValueKind.Object } element)
            {
                if (element.TryGetProperty(name, out JsonElement field))
                {
                    value = field;
                    continue;
                }
                // Docker's objects have it with nothing in it, and leave it out when all of them is printed.
                if (ReferenceEquals(name, names[^1]) && Array.IndexOf(s_optional, name) >= 0) return s_null;
            }
            throw FormatTemplate.Wrong($"map has no entry for key \"{name}\"");
        }
        return value;
    }

    /// <summary>What an if takes for true: anything that is not empty, zero, false or null.</summary>
    internal static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool truth => truth,
        long number => number != 0,
        string text => text.Length > 0,
        JsonElement element => element.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.String => element.GetString()!.Length > 0,
            JsonValueKind.Number => element.GetDouble() != 0,
            JsonValueKind.Array => element.GetArrayLength() > 0,
            JsonValueKind.Object => element.EnumerateObject().Any(),
            _ => false,
        },
        _ => true,
    };

    /// <summary>What a range goes over: the items of an array, or of an object by its keys, sorted.</summary>
    internal static IEnumerable<(object? Key, object? Item)> Items(object? value)
    {
        if (value is not JsonElement element) return [];
        return element.ValueKind switch
        {
            JsonValueKind.Array => element.EnumerateArray().Select((item, i) => ((object?)(long)i, (object?)item)),
            JsonValueKind.Object => element.EnumerateObject().OrderBy(field => field.Name, StringComparer.Ordinal)
                .Select(field => ((object?)field.Name, (object?)field.Value)),
            _ => [],
        };
    }

    /// <summary>The value as Go prints it: <c>[a b]</c>, <c>map[k:v]</c>.</summary>
    internal static string Print(object? value) => value switch
    {
        null => "<no value>",
        string text => text,
        bool truth => truth ? "true" : "false",
        long number => number.ToString(CultureInfo.InvariantCulture),
        JsonElement element => element.ValueKind switch
        {
            JsonValueKind.Null => "<nil>",
            JsonValueKind.String => element.GetString()!,
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            JsonValueKind.Array => $"[{string.Join(' ', Items(value).Select(item => Print(item.Item)))}]",
            JsonValueKind.Object => $"map[{string.Join(' ', Items(value).Select(i => $"{i.Key}:{Print(i.Item)}"))}]",
            _ => element.GetRawText(),
        },
        _ => value.ToString() ?? "",
    };

    /// <summary>The value as a number; null when it is none.</summary>
    internal static double? Number(object? value) => value switch
    {
        long number => number,
        JsonElement { ValueKind: JsonValueKind.Number } element => element.GetDouble(),
        _ => null,
    };

    /// <summary>The value as JSON.</summary>
    internal static string Json(object? value)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        var options =
            new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var writer = new Utf8JsonWriter(buffer, options))
            switch (value)
            {
                case null: writer.WriteNullValue(); break;
                case string text: writer.WriteStringValue(text); break;
                case bool truth: writer.WriteBooleanValue(truth); break;
                case long number: writer.WriteNumberValue(number); break;
                case JsonElement element: element.WriteTo(writer); break;
                default: throw FormatTemplate.Wrong($"json of {value.GetType()}");
            }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
