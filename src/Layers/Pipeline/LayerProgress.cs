using Skiff.Layers.Oci;

namespace Skiff.Layers.Pipeline;

/// <summary>One event of a pull; a few words, passed by reference.</summary>
/// <param name="Layer">Digest of the layer's blob, as in the manifest.</param>
/// <param name="State">Where it is.</param>
/// <param name="DoneBytes">Compressed bytes received.</param>
/// <param name="TotalBytes">Compressed bytes in all.</param>
public readonly record struct LayerProgress(Digest Layer, LayerState State, long DoneBytes, long TotalBytes);
