using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>
/// What a <see cref="LayerTree"/> tells a store that makes real files while the tree grows. Paths are free of
/// symlinks.
/// </summary>
internal interface ILayerEffects
{
    /// <summary>What is at <paramref name="entry"/>, with everything below it, goes away.</summary>
    void Removed(int entry);

    /// <summary>
    /// <paramref name="entry"/> is new; <paramref name="source"/> is null for implied directories and whiteouts.
    /// </summary>
    void Added(int entry, TarEntry? source);

    /// <summary>A directory got new attributes.</summary>
    void Updated(int entry, TarEntry source);

    /// <summary><paramref name="entry"/> is another name of what is at <paramref name="target"/>.</summary>
    void Linked(int entry, int target);
}
