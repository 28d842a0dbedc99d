using Skiff.Layers.Oci;

namespace Skiff.Layers.Snapshots;

/// <summary>A layer whose download was cut off and can be taken up again.</summary>
/// <param name="DiffId">The layer.</param>
/// <param name="Bytes">What it takes on disk.</param>
/// <param name="LastUsed">When it was last added to.</param>
public readonly record struct PartialLayer(Digest DiffId, long Bytes, DateTimeOffset LastUsed);
