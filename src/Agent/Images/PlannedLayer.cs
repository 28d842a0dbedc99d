using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>A layer that is to be pushed.</summary>
/// <param name="DiffId">Its tar.</param>
/// <param name="Blob">What it is to be in the registry; null for what compressing it makes.</param>
internal sealed record PlannedLayer(Digest DiffId, Descriptor? Blob);
