namespace Skiff.Layers.Pipeline;

/// <summary>One event of a layer's way; a few words, passed by reference.</summary>
/// <param name="Id">
/// What people know the layer by, the same string for all of its events: the first twelve digits of its blob's digest
/// when it is pulled, of its DiffId when it is pushed, and when it is loaded what its name in the archive tells.
/// </param>
/// <param name="State">Where it is.</param>
/// <param name="DoneBytes">Bytes that have moved: compressed ones, where the layer is compressed.</param>
/// <param name="TotalBytes">Such bytes in all; 0 as long as nobody knows.</param>
/// <param name="Origin">The repository that a <see cref="LayerState.Mounted"/> layer was taken from.</param>
public readonly record struct LayerProgress(
    string Id, LayerState State, long DoneBytes, long TotalBytes, string? Origin = null);
