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
    ];

    /// <summary>Whether there is such a function.</summary>
    internal static bool Exists(string name) => Array.Exists(s_table, row => row.Name == name);

    /// <summary>Calls a function.</summary>
    /// <exception cref="Manager.UsageException">The arguments don't fit.</exception>
    internal static object? Call(string name, List<object?> arguments)
    {
        var row = Array.Find(s_table, candidate => candidate.Name == name);
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

    private static JsonElement Split(string text, string separator)
    {
        string items = string.Join(',', text.Split(separator).Select(part => TemplateValue.Json(part)));
        using JsonDocument document = JsonDocument.Parse($"[{items}]");
        return document.RootElement.Clone();
    }

    private static string Truncate(string text, object? length)
    {
        if (length is not long count || count < 0) throw FormatTemplate.Wrong($"truncate to {Text(length)}");
        return text.Length <= count ? text : text[..(int)count];
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
