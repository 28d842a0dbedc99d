using System.Text.Json.Serialization;

namespace Skiff.Layers.Oci;

/// <summary>
/// An image's configuration (image-spec config.md and Docker's additions). Its bytes' digest is the image's id; the
/// bytes are kept as they came, this is the reading of them.
/// </summary>
public sealed partial record ImageConfig
{
    /// <summary>The largest config that is accepted: 8 MiB.</summary>
    public const int MaxBytes = 8 << 20;

    /// <summary>When it was built, if it says.</summary>
    [JsonPropertyName("created")] public DateTimeOffset? Created { get; init; }

    /// <summary>Free text.</summary>
    [JsonPropertyName("author")] public string? Author { get; init; }

    /// <summary>GOARCH.</summary>
    [JsonPropertyName("architecture")] public string Architecture { get; init; } = "";

    /// <summary>GOOS.</summary>
    [JsonPropertyName("os")] public string Os { get; init; } = "";

    /// <summary>CPU variant.</summary>
    [JsonPropertyName("variant")] public string? Variant { get; init; }

    /// <summary>What a container of it runs; never null.</summary>
    [JsonPropertyName("config")] public ContainerDefaults Config { get; init; } = new();

    /// <summary>The layers by DiffId.</summary>
    [JsonPropertyName("rootfs")] public RootFs RootFs { get; init; } = new();

    /// <summary>How each layer came about, base first; shown by <c>history</c>.</summary>
    [JsonPropertyName("history")] public IReadOnlyList<HistoryEntry>? History { get; init; }
}
