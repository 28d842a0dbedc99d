using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>A manifest or index as the registry sent it, digest verified.</summary>
/// <param name="Digest">Of <paramref name="Bytes"/>.</param>
/// <param name="IsIndex">Whether it is an index; else it is a manifest.</param>
/// <param name="Bytes">The document.</param>
public sealed record FetchedManifest(Digest Digest, bool IsIndex, byte[] Bytes);
