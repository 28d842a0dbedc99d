using System.Text.Json;
using System.Text.Json.Serialization;
using Skiff.Layers.Content;

namespace Skiff.Layers.Oci;

/// <summary>An image manifest (image-spec manifest.md; Docker's schema 2 has the same members).</summary>
public sealed record Manifest
{
    /// <summary>The largest manifest or index that is accepted, as registries do: 4 MiB.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>As many layers as Docker takes.</summary>
    public const int MaxLayers = 127;

    /// <summary>2.</summary>
    [JsonPropertyName("schemaVersion")] public int SchemaVersion { get; init; }

    /// <summary>The type that the document claims; older OCI manifests have none.</summary>
    [JsonPropertyName("mediaType")] public string? MediaType { get; init; }

    /// <summary>The <see cref="ImageConfig"/>; its digest is the image's id.</summary>
    [JsonPropertyName("config")] public Descriptor Config { get => field ?? new(); init; }

    /// <summary>Base first.</summary>
    [JsonPropertyName("layers")] public IReadOnlyList<Descriptor> Layers { get => field ?? []; init; }

    /// <summary>Free-form.</summary>
    [JsonPropertyName("annotations")] public Dictionary<string, string>? Annotations { get; init; }

    /// <summary>Present only in a document that wants to be an index too, which is refused (CVE-2021-41190).</summary>
    [JsonPropertyName("manifests"), JsonInclude] internal JsonElement? AlsoIndex { get; init; }

    /// <summary>Parses and checks a manifest.</summary>
    /// <exception cref="ImageException">Not a manifest of a container image.</exception>
    public static Manifest Parse(ReadOnlySpan<byte> json)
    {
        Manifest manifest = ParseAny(json);
        manifest.CheckParts();
        return manifest;
    }

    /// <summary>Parses a manifest of something that need not be an image, such as its signature.</summary>
    /// <exception cref="ImageException">Not a manifest.</exception>
    internal static Manifest ParseArtifact(ReadOnlySpan<byte> json)
    {
        Manifest manifest = ParseAny(json);
        foreach (Descriptor layer in manifest.Layers) Descriptor.Check(layer, "a layer in the manifest");
        return manifest;
    }

    private static Manifest ParseAny(ReadOnlySpan<byte> json)
    {
        Manifest manifest = OciJson.Read(json, OciJson.Default.Manifest, "image manifest");
        if (manifest.SchemaVersion != 2)
            throw new ImageException($"image manifest has schema version {manifest.SchemaVersion}: expected 2");
        if (manifest.AlsoIndex is not null)
            throw new ImageException("image manifest has both layers and manifests: it could be read in two ways");
        if (manifest.MediaType is not null && !MediaTypes.IsManifest(manifest.MediaType))
            throw new ImageException(
                $"image manifest says it is {manifest.MediaType}: expected {MediaTypes.OciManifest}");
        return manifest;
    }

    /// <summary>A manifest of our own making.</summary>
    /// <param name="config">The config's bytes.</param>
    /// <param name="layers">Base first.</param>
    public static Manifest Of(ReadOnlySpan<byte> config, IEnumerable<Descriptor> layers) => new()
    {
        SchemaVersion = 2,
        MediaType = MediaTypes.OciManifest,
        Config = new Descriptor
        {
            MediaType = MediaTypes.OciConfig, Digest = Sha256.DigestOf(config), Size = config.Length,
        },
        Layers = [.. layers],
    };

    /// <summary>Its bytes.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, OciJson.Written.Manifest);

    private void CheckParts()
    {
        Descriptor.Check(Config, "the config in the image manifest");
        if (!MediaTypes.IsConfig(Config.MediaType))
            throw new ImageException(
                $"not a container image: its config is {Config.MediaType}, expected {MediaTypes.OciConfig}");
        if (Config.Size > ImageConfig.MaxBytes)
            throw new ImageException($"image config of {Config.Size} bytes: expected {ImageConfig.MaxBytes} at most");
        if (Layers.Count > MaxLayers)
            throw new ImageException($"image has {Layers.Count} layers: expected {MaxLayers} at most");
        foreach (Descriptor layer in Layers)
        {
            Descriptor.Check(layer, "a layer in the image manifest");
            if (!MediaTypes.IsLayer(layer.MediaType) || MediaTypes.IsForeignLayer(layer.MediaType))
                throw new ImageException(
                    $"layer {layer.Digest} is {layer.MediaType}: expected a tar, gzip or zstd layer");
        }
    }
}
