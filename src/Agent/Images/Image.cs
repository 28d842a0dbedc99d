using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// A complete local image. What a container start needs is at hand; names and size, which take a look at the whole
/// store, are found out when asked for.
/// </summary>
internal sealed class Image
{
    private readonly StoreOverview _overview;
    private readonly ListedImage? _listed;
    private ImageConfig? _config;
    private List<(Reference Name, NameRecord Record)>? _names;
    private long? _sizeBytes;

    /// <summary>An image whose config has been read.</summary>
    public Image(Digest id, ImageConfig config, StoreOverview overview)
    {
        Id = id;
        _config = config;
        _overview = overview;
    }

    /// <summary>An image of a list; what the list does not say is read when it is asked for.</summary>
    public Image(ListedImage listed, StoreOverview overview)
    {
        Id = listed.Id;
        _listed = listed;
        _overview = overview;
    }

    /// <summary>Digest of the config.</summary>
    public Digest Id { get; }

    /// <summary>The config, as read.</summary>
    public ImageConfig Config => _config ??= _overview.ConfigOf(Id);

    /// <summary>The layers, base first.</summary>
    public IReadOnlyList<Digest> DiffIds => Config.RootFs.DiffIds;

    /// <summary>GOARCH.</summary>
    public string Architecture => Config.Architecture;

    /// <summary>GOOS.</summary>
    public string Os => Config.Os;

    /// <summary>What it runs on.</summary>
    public Platform Platform => new() { Os = Os, Architecture = Architecture, Variant = Config.Variant };

    /// <summary>When it was built; Docker shows the epoch when the config does not say.</summary>
    public DateTimeOffset Created => _listed?.Created ?? Config.Created ?? DateTimeOffset.UnixEpoch;

    /// <summary>All that stands for it.</summary>
    public IReadOnlyList<(Reference Name, NameRecord Record)> Names => _names ??= [.. _overview.NamesOf(Id)];

    /// <summary><c>busybox:latest</c> and the like.</summary>
    public IReadOnlyList<string> RepoTags => _listed?.RepoTags ??
        [.. Names.Where(name => name.Name.Digest is null).Select(name => name.Name.Familiar)];

    /// <summary><c>busybox@sha256:…</c> and the like.</summary>
    public IReadOnlyList<string> RepoDigests => _listed?.RepoDigests ??
        [.. Names.Where(name => name.Name.Digest is not null).Select(name => name.Name.Familiar)];

    /// <summary>Whether one of its names is pinned.</summary>
    public bool IsPinned => _listed?.IsPinned ?? Names.Any(name => name.Record.Pinned);

    /// <summary>Bytes that its layers take in the store, shared ones included.</summary>
    public long SizeBytes => _sizeBytes ??= _listed?.SizeBytes ?? _overview.SizeOf(DiffIds);

    /// <summary>What a list says of it.</summary>
    public ListedImage Listed => new(Id, Created, SizeBytes, RepoTags, RepoDigests, IsPinned);
}
