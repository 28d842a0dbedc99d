using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Archives;

/// <summary>One image of an archive's <c>manifest.json</c> (Docker's image specification, v1.2).</summary>
/// <param name="Config">Path of the config.</param>
/// <param name="Names">Its tags.</param>
/// <param name="Layers">Paths of the layers, base first.</param>
internal readonly record struct DockerArchiveItem(
    string Config, IReadOnlyList<Reference> Names, IReadOnlyList<string> Layers)
{
    /// <summary>Reads the list.</summary>
    /// <exception cref="ImageException">It is malformed; the text begins with the document's name.</exception>
    internal static List<DockerArchiveItem> ReadList(byte[] json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            List<DockerArchiveItem> items = [];
            foreach (JsonElement item in document.RootElement.EnumerateArray())
                items.Add(new DockerArchiveItem(
                    item.GetProperty("Config"u8).GetString() ?? "",
                    [.. Strings(item, "RepoTags").Select(Reference.Parse)], Strings(item, "Layers")));
            return items.Count > 0 ? items : throw new ImageException("manifest.json in the archive names no image");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ImageException($"manifest.json in the archive is malformed: {e.Message}", e);
        }
    }

    private static List<string> Strings(JsonElement item, string name)
    {
        List<string> strings = [];
        if (!item.TryGetProperty(name, out JsonElement array) || array.ValueKind == JsonValueKind.Null) return strings;
        foreach (JsonElement element in array.EnumerateArray()) strings.Add(element.GetString() ?? "");
        return strings;
    }
}
