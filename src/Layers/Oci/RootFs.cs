using System.Text.Json.Serialization;

namespace Skiff.Layers.Oci;

/// <summary>An image's layers (image-spec config.md, "rootfs").</summary>
public sealed record RootFs
{
    /// <summary>Always <c>layers</c>.</summary>
    [JsonPropertyName("type")] public string Type { get; init; } = "layers";

    /// <summary>Digests of the uncompressed layer tars, base first.</summary>
    [JsonPropertyName("diff_ids")] public IReadOnlyList<Digest> DiffIds { get; init; } = [];
}
