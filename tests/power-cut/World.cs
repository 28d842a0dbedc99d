using System.Collections.Immutable;

namespace Skiff.PowerCut;

/// <summary>What must be there: the oracle's model of the engine's state, changed by acknowledged commands
/// alone.</summary>
internal sealed record World
{
    /// <summary>Tags, and the images that they stand for.</summary>
    public ImmutableSortedDictionary<string, string> Names { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Images by id, with or without a name.</summary>
    public ImmutableHashSet<string> Images { get; init; } = [];

    /// <summary>Containers by name, and the images that they were made from.</summary>
    public ImmutableSortedDictionary<string, string> Containers { get; init; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Volumes by name, and the files that were written and flushed in them.</summary>
    public ImmutableSortedDictionary<string, ImmutableHashSet<string>> Volumes { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableHashSet<string>>(StringComparer.Ordinal);

    /// <summary>Whether a container was made from the image.</summary>
    public bool IsUsed(string image) => Containers.Values.Contains(image);

    /// <summary>Gives an image a name; an image that had it before stays without.</summary>
    public World Name(string name, string image) =>
        this with { Names = Names.SetItem(name, image), Images = Images.Add(image) };

    /// <summary>Takes a name away, and with its last one the image.</summary>
    public World Untag(string name)
    {
        string image = Names[name];
        World left = this with { Names = Names.Remove(name) };
        return left.Names.Values.Contains(image) ? left : left with { Images = Images.Remove(image) };
    }

    /// <summary>Takes images away that have neither a name nor a container.</summary>
    public World Prune() => this with
    {
        Images = [.. Images.Where(image => IsUsed(image) || Names.Values.Contains(image))],
    };
}
