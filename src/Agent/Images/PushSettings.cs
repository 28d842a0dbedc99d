using Skiff.Layers.Compression;

namespace Skiff.Agent.Images;

/// <summary>How an image is pushed.</summary>
/// <param name="Compression">Of layers; null for what a registry has, and gzip for those that none has.</param>
/// <param name="Docker">Whether the manifest is Docker's (schema 2) or OCI's; null for what it was, and OCI's for a new
/// one.</param>
/// <param name="ChunkBytes">The size of the pieces in which blobs are uploaded; null for all in one.</param>
internal sealed record PushSettings(
    CompressionKind? Compression = null, bool? Docker = null, int? ChunkBytes = null);
