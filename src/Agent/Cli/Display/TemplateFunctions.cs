using System.Text.Json;

namespace Skiff.Agent.Cli.Display;

/// <summary>The functions of templates.</summary>
internal static class TemplateFunctions
{
    private static readonly (string Name, int Least, int Most)[] s_table =
    [
        ("json", 1, 1), ("upper", 1, 1), ("lower", 1, 1), ("title", 1, 1), ("len", 1, 1), ("not", 1, 1),
        ("join", 2, 2), ("split", 2, 2), ("truncate", 2, 2), ("index", 2, 9), ("println", 0, 9), ("print", 0, 9),
        ("eq", 2, 9), ("ne", 2, 2), ("and", 1, 9), ("or", 1, 9),
        ("lt", 2, 2), ("le", 2, 2), ("gt", 2, 2), ("ge", 2, 2), ("slice", 1, 3), ("pad", 3, 3), ("printf", 1, 9),
    ];

    /// <summary>Whether there is such a function.</summary>
    internal static bool Exists(string name) => System.Array.Exists(s_table, row => row.Name == name);

    /// <summary>Calls a function.</summary>
    /// <exception cref="Manager.UsageException">The arguments don't fit.</exception>
    internal static object? Call(string name, List<object?> arguments)
    {
        var row = System.Array.Find(s_table, candidate => candidate.Name == name);
        if (arguments.Count < row.Least || arguments.Count > row.Most)
            throw FormatTemplate.Wrong($"wrong number of args for {name}: got {arguments.Count}");
        return name switch
        {
            "json" => TemplateValue.Json(arguments[0]),
            "upper" => Text(arguments[0]).ToUpperInvariant(),
            "lower" => Text(arguments[0]).ToLowerInvariant(),
            "title" => Text(arguments[0]) is { Length: > 0 } text ? char.ToUpperInvariant(text[0]) + text[1..] : "",
            "len" => Length(arguments[0]),
            "not" => !TemplateValue.IsTrue(arguments[0]),
            "join" => string.Join(Text(arguments[1]), TemplateValue.Items(arguments[0]).Select(i => Text(i.Item))),
            "split" => Split(Text(arguments[0]), Text(arguments[1])),
            "truncate" => Truncate(Text(arguments[0]), arguments[1]),
            "index" => Index(arguments),
            "println" => string.Join(' ', arguments.Select(Text)) + "\n",
            "print" => string.Concat(arguments.Select(Text)),
            "eq" => arguments.Skip(1).Any(other => Text(other) == Text(arguments[0])),
            "ne" => Text(arguments[0]) != Text(arguments[1]),
            "lt" => Compare(arguments) < 0,
            "le" => Compare(arguments) <= 0,
            "gt" => Compare(arguments) > 0,
            "ge" => Compare(arguments) >= 0,
            "slice" => Slice(arguments),
            "pad" => Pad(Text(arguments[0]), Count(arguments[1], "pad"), Count(arguments[2], "pad")),
            "printf" => TemplateFormat.Print(Text(arguments[0]), arguments[1..]),
            "and" => arguments.Find(value => !TemplateValue.IsTrue(value)) ?? arguments[^1],
            _ => arguments.Find(TemplateValue.IsTrue) ?? arguments[^1],
        };
    }

    private static string Text(object? value) => TemplateValue.Print(value);

    private static object Length(object? value) => value switch
    {
        string text => (long)text.Length,
        JsonElement { ValueKind: JsonValueKind.String } text => (long)text.GetString()!.Length,
        JsonElement { ValueKind: JsonValueKind.Null } => 0L,
        JsonElement { ValueKind: JsonValueKind.Array or JsonValueKind.Object } =>
            (long)TemplateValue.Items(value).Count(),
        _ => throw FormatTemplate.Wrong($"len of {Text(value)}"),
    };

    private static JsonElement Split(string text, string separator) => Array(text.Split(separator));

    private static JsonElement Array(IEnumerable<object?> items)
    {
        using JsonDocument document = JsonDocument.Parse($"[{string.Join(',', items.Select(TemplateValue.Json))}]");
        return document.RootElement.Clone();
    }

    private static string Truncate(string text, object? length) =>
        text[..Math.Min(text.Length, Count(length, "truncate"))];

    // Docker leaves an empty text alone.
    private static string Pad(string text, int before, int after) =>
        text.Length == 0 ? text : new string(' ', before) + text + new string(' ', after);

    private static int Count(object? value, string function) => value is >= 0L and <= 1L << 20
        ? (int)(long)value : throw FormatTemplate.Wrong($"{function} by {Text(value)}: expected a number from 0");

    private static int Compare(List<object?> arguments) =>
        (TemplateValue.Number(arguments[0]), TemplateValue.Number(arguments[1])) switch
        {
            ({ } left, { } right) => left.CompareTo(right),
            (null, null) => string.CompareOrdinal(Text(arguments[0]), Text(arguments[1])),
            _ => throw FormatTemplate.Wrong($"{Text(arguments[0])} and {Text(arguments[1])} cannot be compared"),
        };

    // Of a text or an array: from a place, to another.
    private static object Slice(List<object?> arguments)
    {
        List<object?>? items = arguments[0] is JsonElement { ValueKind: JsonValueKind.Array }
            ? [.. TemplateValue.Items(arguments[0]).Select(item => item.Item)] : null;
        string text = items is null ? Text(arguments[0]) : "";
        int length = items?.Count ?? text.Length;
        int from = arguments.Count > 1 ? Count(arguments[1], "slice") : 0;
        int to = arguments.Count > 2 ? Count(arguments[2], "slice") : length;
        if (from > to || to > length) throw FormatTemplate.Wrong($"slice {from} to {to} of {length}: out of range");
        return items is null ? text[from..to] : Array(items[from..to]);
    }

    /// <summary>Follows keys and positions; a key that is not there gives an empty string, as with Go's maps.</summary>
    private static object? Index(List<object?> arguments)
    {
        object? value = arguments[0];
        for (int i = 1; i < arguments.Count; i++)
            value = value switch
            {
                JsonElement { ValueKind: JsonValueKind.Object } fields =>
                    fields.TryGetProperty(Text(arguments[i]), out JsonElement field) ? field : "",
                JsonElement { ValueKind: JsonValueKind.Array } items when arguments[i] is long at =>
                    at >= 0 && at < items.GetArrayLength()
                        ? items[(int)at]
                        : throw FormatTemplate.Wrong($"index out of range: {at}"),
                JsonElement { ValueKind: JsonValueKind.Null } => "",
                _ => throw FormatTemplate.Wrong($"can't index {Text(value)}"),
            };
        return value;
    }
}
