using Skiff.Layers.Oci;
using Skiff.Layers.Tar;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Hostile;

/// <summary>One way to attack, and what has to come of it in both stores.</summary>
/// <param name="Name">What it tries.</param>
/// <param name="Make">Makes the bytes; called when the row runs.</param>
internal sealed record HostileRow(string Name, Func<HostileBlob> Make)
{
    /// <summary>
    /// Taken: the files of the layer afterwards, which is all the effect that it has, or how many. Null: refused.
    /// </summary>
    internal string? Tree { get; init; }

    /// <summary>Of the files, every name of an extended attribute; null when they do not matter.</summary>
    internal string? Xattrs { get; init; }

    /// <summary>What the error says besides naming the layer: the entry, and the rule.</summary>
    internal string[] Says { get; init; } = [];

    /// <summary>The same for the overlay store, where its filesystem sets limits of its own.</summary>
    internal HostileRow? Overlay { get; init; }

    internal IngestLimits Limits { get; init; } = IngestLimits.Default;

    public override string ToString() => Name;

    /// <summary>A tar that is taken, and leaves just this.</summary>
    internal static HostileRow Taken(string name, Func<RawTar, RawTar> make, string tree) =>
        new(name, () => new HostileBlob(make(new RawTar()).ToArray())) { Tree = tree };

    /// <summary>
    /// A tar that is refused with an error that names the entry, which is cut where it ends in dots, and the rule.
    /// </summary>
    internal static HostileRow Refused(string name, Func<RawTar, RawTar> make, string entry, string rule) =>
        new(name, () => new HostileBlob(make(new RawTar()).ToArray()))
        {
            Says = [entry.EndsWith("...") ? $"\"{entry[..^3]}" : $"\"{entry}\"", rule],
        };

    /// <summary>Bytes that are refused, of which no entry can be named.</summary>
    internal static HostileRow Refused(string name, Func<HostileBlob> make, params string[] says) =>
        new(name, make) { Says = says };

    /// <summary>Bytes that are taken.</summary>
    internal static HostileRow Taken(string name, Func<HostileBlob> make, string tree) =>
        new(name, make) { Tree = tree };
}

/// <summary>What a registry gives for a layer, and what the manifest and the config say of it.</summary>
/// <param name="Bytes">The blob.</param>
/// <param name="Tar">What comes out of it; null: the blob itself is the tar.</param>
internal sealed record HostileBlob(byte[] Bytes, byte[]? Tar = null)
{
    /// <summary>What the manifest says; null: the truth.</summary>
    internal long? Size { get; init; }

    /// <summary>What the manifest says; null: the truth.</summary>
    internal Digest? Digest { get; init; }

    /// <summary>What the config says; null: the truth.</summary>
    internal Digest? DiffId { get; init; }

    internal Descriptor Describe() =>
        new() { Digest = Digest ?? TestRegistry.Sha(Bytes), Size = Size ?? Bytes.Length };

    internal Digest Layer => DiffId ?? TestRegistry.Sha(Tar ?? Bytes);
}
