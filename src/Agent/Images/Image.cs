using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// A complete local image. What a container start needs is at hand; names and size, which take a look at the whole
/// store, are found out when asked for.
/// </summary>
internal sealed class Image(Digest id, ImageConfig config, StoreOverview overview)
{
    private List<(Reference Name, NameRecord Record)>? _names;
    private long? _sizeBytes;

    /// <summary>Digest of the config.</summary>
    public Digest Id { get; } = id;

    /// <summary>The config, as read.</summary>
    public ImageConfig Config { get; } = config;

    /// <summary>The layers, base first.</summary>
    public IReadOnlyList<Digest> DiffIds => Config.RootFs.DiffIds;

    /// <summary>GOARCH.</summary>
    public string Architecture => Config.Architecture;

    /// <summary>GOOS.</summary>
    public string Os => Config.Os;

    /// <summary>When it was built; Docker shows the epoch when the config does not say.</summary>
    public DateTimeOffset Created => Config.Created ?? DateTimeOffset.UnixEpoch;

    /// <summary>All that stands for it.</summary>
    public IReadOnlyList<(Reference Name, NameRecord Record)> Names => _names ??= [.. overview.NamesOf(Id)];

    /// <summary><c>busybox:latest</c> and the like.</summary>
    public IReadOnlyList<string> RepoTags =>
        [.. Names.Where(name => name.Name.Digest is null).Select(name => name.Name.Familiar)];

    /// <summary><c>busybox@sha256:…</c> and the like.</summary>
    public IReadOnlyList<string> RepoDigests =>
        [.. Names.Where(name => name.Name.Digest is not null).Select(name => name.Name.Familiar)];

    /// <summary>Whether one of its names is pinned.</summary>
    public bool IsPinned => Names.Any(name => name.Record.Pinned);

    /// <summary>Bytes that its layers take in the store, shared ones included.</summary>
    public long SizeBytes => _sizeBytes ??= overview.SizeOf(DiffIds);
}
