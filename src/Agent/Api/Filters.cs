using System.Text;
using System.Text.Json;
using Skiff.Agent.Api.Http;

namespace Skiff.Agent.Api;

/// <summary>The parameter <c>filters</c>: a JSON object whose values are lists, or, as old clients write them, objects
/// whose keys count.</summary>
internal static class Filters
{
    /// <summary>As the command line has them: <c>key=value</c>.</summary>
    public static List<string> Read(Exchange x, string name = "filters")
    {
        var filters = new List<string>();
        if (x.Request.Query.Value(name) is not { Length: > 0 } text) return filters;
        using JsonDocument document = JsonBody.Parse(Encoding.UTF8.GetBytes(text));
        foreach (JsonProperty filter in document.RootElement.EnumerateObject())
            foreach (string value in Values(filter.Name, filter.Value)) filters.Add($"{filter.Name}={value}");
        return filters;
    }

    private static IEnumerable<string> Values(string name, JsonElement values) => values.ValueKind switch
    {
        JsonValueKind.Array => values.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.String
            ? value.GetString()! : throw JsonBody.Wrong($"filter {name}", "a list of strings")),
        JsonValueKind.Object => values.EnumerateObject()
            .Where(entry => entry.Value.ValueKind == JsonValueKind.True).Select(entry => entry.Name),
        _ => throw JsonBody.Wrong($"filter {name}", "a list of strings"),
    };
}
