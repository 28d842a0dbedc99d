namespace Skiff.Layers.Snapshots;

/// <summary>What is wrong with a layer.</summary>
/// <param name="Text">For the user: the file, what was expected and what is there.</param>
/// <param name="TarIsSound">The layer's bytes are all right and only what was made from them is not:
/// <see cref="ISnapshotter.Rebuild"/> heals it, nothing has to be fetched.</param>
public sealed record LayerDefect(string Text, bool TarIsSound);
