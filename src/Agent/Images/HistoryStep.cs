using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>A step of an image's making.</summary>
/// <param name="Entry">What the image says of it; empty for a layer that no entry stands for.</param>
/// <param name="Created">When.</param>
/// <param name="Bytes">What its layer takes in the store; 0 when it made none.</param>
internal sealed record HistoryStep(HistoryEntry Entry, DateTimeOffset Created, long Bytes);
