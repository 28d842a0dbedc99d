using System.Text.Json.Serialization;

namespace Skiff.Layers.Oci;

/// <summary>One step of an image's making (image-spec config.md, "history").</summary>
public sealed record HistoryEntry
{
    /// <summary>When.</summary>
    [JsonPropertyName("created")] public DateTimeOffset? Created { get; init; }

    /// <summary>The command.</summary>
    [JsonPropertyName("created_by")] public string? CreatedBy { get; init; }

    /// <summary>Who.</summary>
    [JsonPropertyName("author")] public string? Author { get; init; }

    /// <summary>Free text.</summary>
    [JsonPropertyName("comment")] public string? Comment { get; init; }

    /// <summary>True when the step made no layer.</summary>
    [JsonPropertyName("empty_layer")] public bool EmptyLayer { get; init; }
}
