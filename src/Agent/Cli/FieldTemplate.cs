using System.Text;
using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Cli;

/// <summary>
/// The part of Go templates that scripts use most with <c>inspect --format</c>: text, <c>{{.A.B}}</c>, <c>{{json .A}}</c>.
/// </summary>
internal static class FieldTemplate
{
    /// <summary>Fills <paramref name="template"/> from one JSON object.</summary>
    /// <exception cref="UsageException">The template uses more than this engine knows, or a field that isn't there.</exception>
    public static string Render(string template, byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        var text = new StringBuilder();
        for (int at = 0; at < template.Length;)
        {
            int open = template.IndexOf("{{", at, StringComparison.Ordinal);
            if (open < 0) return text.Append(template, at, template.Length - at).ToString();
            int close = template.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0) throw new UsageException($"template parsing error: unclosed action in {template}");
            text.Append(template, at, open - at).Append(Action(template[(open + 2)..close].Trim(), document.RootElement));
            at = close + 2;
        }
        return text.ToString();
    }

    private static string Action(string action, JsonElement root)
    {
        bool asJson = action.StartsWith("json ", StringComparison.Ordinal);
        string path = asJson ? action["json ".Length..].Trim() : action;
        if (!path.StartsWith('.') || path.Contains(' ')) throw new UsageException($"template parsing error: {{{{{action}}}}} is not supported: only fields and json");
        JsonElement element = root;
        foreach (string field in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(field, out element))
                throw new UsageException($"template: map has no entry for key \"{field}\"");
        return asJson ? Compact(element) : Go(element);
    }

    private static string Go(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString()!,
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Null => "<no value>",
        JsonValueKind.Array => "[" + string.Join(' ', element.EnumerateArray().Select(Go)) + "]",
        JsonValueKind.Object => "map[" + string.Join(' ', element.EnumerateObject().Select(p => $"{p.Name}:{Go(p.Value)}")) + "]",
        _ => element.GetRawText(),
    };

    private static string Compact(JsonElement element)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream)) element.WriteTo(writer);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
