using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>A page of a repository's tags (distribution-spec, "Listing tags").</summary>
internal static class TagList
{
    /// <summary>As many as are taken.</summary>
    public const int MaxTags = 100_000;

    /// <summary>Adds the tags of <c>{"name": "library/app", "tags": ["latest"]}</c>; null stands for none.</summary>
    public static void Read(byte[] page, List<string> tags)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(page);
            if (!document.RootElement.TryGetProperty("tags", out JsonElement list)
                || list.ValueKind == JsonValueKind.Null) return;
            foreach (JsonElement tag in list.EnumerateArray())
                tags.Add(ReferenceGrammar.IsTag(tag.GetString() ?? "") ? tag.GetString()!
                    : throw new ImageException($"list of tags has the bad tag \"{tag}\""));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ImageException($"list of tags is no such list: {e.Message}", e);
        }
    }

    /// <summary>The next page, as <c>Link: &lt;/v2/NAME/tags/list?last=x&amp;n=100&gt;; rel="next"</c> gives it; null
    /// at the end.</summary>
    public static string? Next(HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues("Link", out IEnumerable<string>? links)) return null;
        foreach (string link in links)
        {
            int end = link.IndexOf('>');
            if (link.StartsWith('<') && end > 0 && link.AsSpan(end).Contains("rel=\"next\"", StringComparison.Ordinal))
                return new Uri(answer.RequestMessage!.RequestUri!, link[1..end]).AbsoluteUri;
        }
        return null;
    }
}
