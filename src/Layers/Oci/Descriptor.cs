using System.Text.Json.Serialization;

namespace Skiff.Layers.Oci;

/// <summary>What a blob is and how to be sure of it (image-spec descriptor.md).</summary>
public sealed record Descriptor
{
    /// <summary>One of <see cref="MediaTypes"/>, or anything in foreign artifacts.</summary>
    [JsonPropertyName("mediaType")] public string MediaType { get; init; } = "";

    /// <summary>Digest of the stored bytes.</summary>
    [JsonPropertyName("digest")] public Digest Digest { get; init; }

    /// <summary>Number of stored bytes.</summary>
    [JsonPropertyName("size")] public long Size { get; init; }

    /// <summary>What it runs on; in indexes only.</summary>
    [JsonPropertyName("platform")] public Platform? Platform { get; init; }

    /// <summary>Free-form.</summary>
    [JsonPropertyName("annotations")] public Dictionary<string, string>? Annotations { get; init; }

    /// <summary>Throws when the descriptor cannot be meant: no digest, a negative size.</summary>
    internal void Check(string what)
    {
        if (Digest.IsEmpty) throw new ImageException($"{what} has no digest");
        if (Size < 0) throw new ImageException($"{what} {Digest} has size {Size}: expected 0 or more");
    }
}
