using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>An image that a search has found. What a registry leaves out is none, and not official.</summary>
/// <param name="Name">As the registry has it, without its own name.</param>
/// <param name="Description">What its owner says of it, which may have several lines.</param>
/// <param name="Stars">How many have marked it.</param>
/// <param name="IsOfficial">Whether Docker vouches for it.</param>
public sealed record FoundImage(string Name, string Description, long Stars, bool IsOfficial)
{
    /// <summary>Reads the list <c>results</c> of an answer of <c>/v1/search</c>.</summary>
    /// <exception cref="ImageException">It is no such answer.</exception>
    public static List<FoundImage> ReadAll(byte[] answer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            return !document.RootElement.TryGetProperty("results", out JsonElement results)
                || results.ValueKind == JsonValueKind.Null ? [] : [.. results.EnumerateArray().Select(Read)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ImageException($"the answer is no list of images: {e.Message}", e);
        }
    }

    private static FoundImage Read(JsonElement found) => new(
        Of(found, "name")?.GetString() ?? "", Of(found, "description")?.GetString() ?? "",
        Of(found, "star_count")?.GetInt64() ?? 0, Of(found, "is_official")?.GetBoolean() ?? false);

    private static JsonElement? Of(JsonElement found, string name) =>
        found.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
