using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>What a list says of an image.</summary>
/// <param name="Id">Digest of the config.</param>
/// <param name="Created">When it was built.</param>
/// <param name="SizeBytes">Bytes that its layers take.</param>
/// <param name="RepoTags"><c>busybox:latest</c> and the like.</param>
/// <param name="RepoDigests"><c>busybox@sha256:…</c> and the like.</param>
/// <param name="IsPinned">Whether one of its names is pinned.</param>
internal sealed record ListedImage(
    Digest Id, DateTimeOffset Created, long SizeBytes, IReadOnlyList<string> RepoTags,
    IReadOnlyList<string> RepoDigests, bool IsPinned);
