using System.Text.Json;
using System.Text.Json.Serialization;

namespace Skiff.Layers.Oci;

/// <summary>Manifests of one image for several platforms (image-spec image-index.md; Docker's manifest list is
/// alike).</summary>
public sealed record Index
{
    /// <summary>2.</summary>
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }

    /// <summary>The type that the document claims.</summary>
    [JsonPropertyName("mediaType")] public string? MediaType { get; init; }

    /// <summary>In the publisher's order of preference.</summary>
    [JsonPropertyName("manifests")] public IReadOnlyList<Descriptor> Manifests { get => field ?? []; init; }

    /// <summary>Free-form.</summary>
    [JsonPropertyName("annotations")] public Dictionary<string, string>? Annotations { get; init; }

    /// <summary>Present only in a document that wants to be a manifest too, which is refused
    /// (CVE-2021-41190).</summary>
    [JsonPropertyName("layers"), JsonInclude] internal JsonElement? AlsoManifest { get; init; }

    /// <summary>The same: every manifest has one.</summary>
    [JsonPropertyName("config"), JsonInclude] internal JsonElement? AlsoConfig { get; init; }

    /// <summary>Parses and checks an index.</summary>
    /// <exception cref="ImageException">Not an index.</exception>
    public static Index Parse(ReadOnlySpan<byte> json)
    {
        Index index = OciJson.Read(json, OciJson.Default.Index, "image index");
        if (index.SchemaVersion != 2)
            throw new ImageException($"image index has schema version {index.SchemaVersion}: expected 2");
        if (index.AlsoManifest is not null)
            throw new ImageException("image index has both layers and manifests: it could be read in two ways");
        if (index.AlsoConfig is not null)
            throw new ImageException("image index has a config, as manifests have: it could be read in two ways");
        if (index.MediaType is not null && !MediaTypes.IsIndex(index.MediaType))
            throw new ImageException($"image index says it is {index.MediaType}: expected {MediaTypes.OciIndex}");
        foreach (Descriptor manifest in index.Manifests) Descriptor.Check(manifest, "a manifest in the image index");
        return index;
    }

    /// <summary>The manifest that suits best; of equals the first, as the specification asks.</summary>
    /// <exception cref="ImageException">None does; the text lists what there is.</exception>
    public Descriptor Select(Platform platform) => Select(platform, Manifests);

    /// <summary>The same of some of its manifests.</summary>
    internal Descriptor Select(Platform platform, IEnumerable<Descriptor> manifests) =>
        TrySelect(platform, manifests) ?? throw new ImageException(NoneFor(platform, Manifests));

    /// <summary>As <see cref="Select(Platform)"/>, or null when none suits.</summary>
    public Descriptor? TrySelect(Platform platform) => TrySelect(platform, Manifests);

    /// <summary>What to say when none of these suits.</summary>
    public static string NoneFor(Platform platform, IEnumerable<Descriptor> manifests) =>
        $"no image for platform {platform}: expected one of {Offered(manifests)}";

    private static Descriptor? TrySelect(Platform platform, IEnumerable<Descriptor> manifests)
    {
        Descriptor? best = null;
        int bestSuits = 0;
        foreach (Descriptor candidate in manifests)
        {
            if (!MediaTypes.IsManifest(candidate.MediaType) || candidate.Platform is null) continue;
            int suits = platform.Suits(candidate.Platform);
            if (suits <= bestSuits) continue;
            (best, bestSuits) = (candidate, suits);
        }
        return best;
    }

    private static string Offered(IEnumerable<Descriptor> manifests)
    {
        string[] offered = [.. manifests.Select(static candidate => candidate.Platform)
            .OfType<Platform>().Where(static platform => platform.Os != "unknown")
            .Select(static platform => platform.ToString()).Distinct()];
        return offered.Length == 0 ? "none" : string.Join(", ", offered);
    }
}
