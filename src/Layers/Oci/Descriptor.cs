using System.Text.Json.Serialization;

namespace Skiff.Layers.Oci;

/// <summary>What a blob is and how to be sure of it (image-spec descriptor.md).</summary>
public sealed record Descriptor
{
    // The generated reader leaves missing members null, whatever their initializers say.
    /// <summary>One of <see cref="MediaTypes"/>, or anything in foreign artifacts.</summary>
    [JsonPropertyName("mediaType")] public string MediaType { get => field ?? ""; init; } = "";

    /// <summary>Digest of the stored bytes.</summary>
    [JsonPropertyName("digest")] public Digest Digest { get; init; }

    /// <summary>Number of stored bytes.</summary>
    [JsonPropertyName("size")] public long Size { get; init; }

    /// <summary>What it runs on; in indexes only.</summary>
    [JsonPropertyName("platform")] public Platform? Platform { get; init; }

    /// <summary>What kind of artifact the manifest is that it describes; in indexes only.</summary>
    [JsonPropertyName("artifactType")] public string? ArtifactType { get; init; }

    /// <summary>Free-form.</summary>
    [JsonPropertyName("annotations")] public Dictionary<string, string>? Annotations { get; init; }

    /// <summary>A layer that is there uncompressed: its blob is the tar itself.</summary>
    public static Descriptor OfTar(Digest diffId, long bytes) =>
        new() { MediaType = MediaTypes.OciLayer, Digest = diffId, Size = bytes };

    /// <summary>Throws when the descriptor cannot be meant: none at all, no digest, a negative size.</summary>
    internal static void Check(Descriptor? descriptor, string what)
    {
        if (descriptor is null || descriptor.Digest.IsEmpty) throw new ImageException($"{what} has no digest");
        if (descriptor.Size < 0)
            throw new ImageException($"{what} {descriptor.Digest} has size {descriptor.Size}: expected 0 or more");
    }
}
