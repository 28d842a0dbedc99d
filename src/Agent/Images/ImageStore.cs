using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;
using Skiff.Layers.Trust;

namespace Skiff.Agent.Images;

/// <summary>
/// The local images: names, ids, documents, layers. Several processes work on one store; reads take no locks. Adding
/// and beginning to use an image happen under <see cref="Hold"/>, removal (<see cref="ImageRemoval"/>) waits for all
/// holds.
/// </summary>
internal sealed class ImageStore
{
    private readonly string _root, _directory;
    private readonly string? _policyFile;
    private readonly StoreStamp _stamp;
    private readonly ListingCache? _cache;
    private TrustPolicy? _trust;

    /// <summary>On a state root; touches nothing yet.</summary>
    public ImageStore(StateRoots roots, ISnapshotter layers, ContentStore content)
    {
        _root = roots.Root;
        _directory = DirectoryBelow(roots);
        string[] preloaded = [.. roots.Preloaded.Select(DirectoryBelow)];
        _stamp = new StoreStamp(_directory);
        Names = new ImageNames(_directory, preloaded, _stamp);
        Records = new ImageRecords(_directory, preloaded, _stamp);
        // What others put into a preloaded place changes no stamp.
        if (!roots.Preloaded.Any(Files.Exists)) _cache = new ListingCache(Path.Join(roots.RunRoot, "images.list"));
        Layers = layers;
        Limits = roots.Limits;
        Registries = new Registries(roots);
        _policyFile = roots.PolicyFile;
        Partials = new PartialDownloads(layers, roots.KeepPartial);
        Content = content;
        Reserve = new SpaceReserve(roots.Root);
    }

    /// <summary>Where the names and records of images are.</summary>
    public static string DirectoryBelow(StateRoots roots) => DirectoryBelow(roots.Root);

    private static string DirectoryBelow(string root) => Path.Join(root, "images");

    /// <summary>Manifests, indexes and configs.</summary>
    public ContentStore Content { get; }

    /// <summary>The layers.</summary>
    public ISnapshotter Layers { get; }

    /// <summary>What removals may use on a full disk, and pulls may not.</summary>
    internal SpaceReserve Reserve { get; }

    /// <summary>How much of a layer is taken; null for the defaults.</summary>
    internal IngestLimits? Limits { get; }

    /// <summary>How registries are reached.</summary>
    internal Registries Registries { get; }

    /// <summary>Which images may come in; read when it is first needed.</summary>
    internal TrustPolicy Trust { get => _trust ??= TrustPolicy.Load(_policyFile); init => _trust = value; }

    /// <summary>Downloads that were cut off, for a pull that goes on with them.</summary>
    internal PartialDownloads Partials { get; }

    internal ImageNames Names { get; }

    internal ImageRecords Records { get; }

    /// <summary>
    /// Keeps every image and layer from being removed until disposed of. A pull holds it throughout; making a container
    /// holds it from finding the image until the container's record is written.
    /// </summary>
    public StoreLock Hold(Action? onWait = null) => Lock(exclusive: false, onWait);

    /// <summary>
    /// The image of a name (<c>busybox</c>, <c>host:5000/app@sha256:…</c>) or of an id or its prefix, in this order.
    /// Null when there is none. By name it costs two small files.
    /// </summary>
    /// <exception cref="ImageException">The prefix fits several images, or the image's files are corrupt.</exception>
    public Image? Find(string nameOrIdPrefix) =>
        Resolve(nameOrIdPrefix) is { } id ? Open(id) : null;

    /// <summary>The image of a name, an id or its prefix, which has to be there.</summary>
    public Image Get(string nameOrIdPrefix) =>
        Find(nameOrIdPrefix) ?? throw Missing(nameOrIdPrefix);

    /// <summary>The same, for a platform if one is asked for: an image has one here.</summary>
    public Image Get(string nameOrIdPrefix, Platform? platform)
    {
        Image image = Get(nameOrIdPrefix);
        return platform is null || platform.Suits(image.Platform) > 0 ? image
            : throw new ImageException($"image with reference {Shown(nameOrIdPrefix)} was found but does not provide "
                + $"the specified platform ({platform}): it is for {image.Platform}", ImageErrorKind.NotFound);
    }

    /// <summary>The image of a parsed name, or null.</summary>
    public Image? Find(Reference reference) => Names.Find(reference) is { } record ? Open(record.Image) : null;

    /// <summary>The image with this id; it has to be there.</summary>
    public Image Open(Digest id) => Open(id, new StoreOverview(this));

    private Image Open(Digest id, StoreOverview overview) => new(id, overview.ConfigOf(id), overview);

    /// <summary>Throws when layers that are to be pulled cannot fit; see <see cref="PullSpace"/>.</summary>
    public void CheckSpace(IEnumerable<Descriptor> layers) => PullSpace.Check(_root, layers);

    /// <summary>All images, those that were built last first, as <c>docker images</c> sorts them.</summary>
    public List<Image> List()
    {
        List<Image> images = [];
        var overview = new StoreOverview(this);
        foreach (Digest id in Records.List()) images.Add(Open(id, overview));
        images.Sort(static (a, b) => b.Created.CompareTo(a.Created));
        return images;
    }

    /// <summary>As <see cref="List"/>, for showing them only: nothing is read but one file, unless the images
    /// have changed since the last time.</summary>
    public List<Image> ListForShow()
    {
        if (_cache is null || _stamp.Read() is not { } stamp) return List();
        string key = $"1 {stamp} {BootId.Read()} {Layers.Name}";
        if (_cache.Read(key) is not { } listed)
        {
            List<Image> images = List();
            if (_stamp.Read() == stamp) _cache.Write(key, [.. images.Select(static image => image.Listed)]);
            return images;
        }
        var overview = new StoreOverview(this);
        return listed.ConvertAll(image => new Image(image, overview));
    }

    /// <summary>Says that layers which were missing may be there again.</summary>
    internal void LayersChanged()
    {
        using StoreLock writing = LockNames();
        _stamp.Break();
    }

    /// <summary>The tags that a repository has here.</summary>
    /// <exception cref="ImageException">None.</exception>
    public List<Reference> TagsOf(Reference repository)
    {
        List<Reference> tags = [.. Names.List().Select(name => name.Name)
            .Where(name => name.Digest is null && name.Name == repository.Name)];
        return tags.Count > 0 ? tags : throw WithoutTag(repository);
    }

    /// <summary>Gives an image a further name; a name that stood for another image moves.</summary>
    public void Tag(string nameOrIdPrefix, Reference target)
    {
        if (target.Digest is not null) throw new ImageException(
            "refusing to create a tag with a digest reference", ImageErrorKind.Invalid);
        using StoreLock hold = Hold();
        Digest id = Resolve(nameOrIdPrefix) ?? throw Missing(nameOrIdPrefix);
        Adding(image => image.Name(target, new NameRecord(id, null)));
    }

    /// <summary>Pins a name, or unpins it: what it stands for is not removed for being unused.</summary>
    /// <exception cref="ImageException">There is no such name; an id is none.</exception>
    public void Pin(Reference name, bool pinned)
    {
        using StoreLock hold = Hold();
        using StoreLock writing = LockNames();
        if (!Names.Pin(name, pinned)) throw Missing(name.Familiar);
    }

    /// <summary>
    /// Makes an image visible: its layers are there, the caller holds the store. <paramref name="digest"/>, the
    /// registry's name for it, is kept beside the tag, or beside a name by another algorithm. True when the name stood
    /// for something else before or for nothing. When this throws, nothing of it is left.
    /// </summary>
    public bool Add(Reference reference, Digest digest, Digest id, IReadOnlyList<byte[]> documents) => Adding(image =>
    {
        image.Record(id, [.. documents.Select(image.Put)]);
        var record = new NameRecord(id, digest);
        // The tag first: a digest that a power cut leaves without its tag is a name that nobody asked for.
        bool changed = image.Name(reference, record);
        if (reference.Digest != digest) image.Name(reference.WithDigest(digest), record);
        return changed;
    });

    /// <summary>
    /// Makes an image visible that came from no registry: its documents and layers are there, the caller holds the
    /// store. With a name, that moves; without, the image is known by its id alone.
    /// </summary>
    public void AddLocal(Reference? name, Digest id, IReadOnlyCollection<Digest> documents) => Adding(image =>
    {
        image.Record(id, documents);
        return name is not null && image.Name(name, new NameRecord(id, null));
    });

    /// <summary>Keeps the manifest by which a registry knows an image from now on, and returns its digest. The caller
    /// holds the store.</summary>
    public Digest AddPushed(Reference tag, Digest id, byte[] manifest) => Adding(image =>
    {
        Digest digest = image.Put(manifest);
        image.Record(id, [digest]);
        var record = new NameRecord(id, digest);
        // The tag may have moved while the layers were on their way.
        if (Names.Find(tag)?.Image == id) image.Name(tag, record);
        image.Name(tag.WithDigest(digest), record);
        return digest;
    });

    /// <summary>The manifest of an image; null when it is gone, as that of an image which a container
    /// outlived.</summary>
    public Manifest? FindManifest(Digest image)
    {
        foreach (Digest document in Records.Documents(image))
            if (ReadManifest(document) is { } manifest && manifest.Config.Digest == image)
                return manifest;
        return null;
    }

    /// <summary>How an image came about, first step first. An image need not say; then its layers are the
    /// steps.</summary>
    public List<HistoryStep> HistoryOf(Image image)
    {
        var layers = new Queue<Digest>(image.DiffIds);
        Dictionary<Digest, long> bytes = [];
        foreach ((Digest diffId, long size) in AllLayers()) bytes[diffId] = size;
        List<HistoryStep> steps = [];
        foreach (HistoryEntry entry in image.Config.History ?? [])
        {
            long size = !entry.EmptyLayer && layers.TryDequeue(out Digest diffId) ? bytes.GetValueOrDefault(diffId) : 0;
            steps.Add(new HistoryStep(entry, entry.Created ?? image.Created, size));
        }
        foreach (Digest diffId in layers)
            steps.Add(new HistoryStep(new HistoryEntry(), image.Created, bytes.GetValueOrDefault(diffId)));
        return steps;
    }

    /// <summary>A document as a manifest; null when it is something else, damaged or missing.</summary>
    internal Manifest? ReadManifest(Digest document)
    {
        try
        {
            return Content.TryGet(document) is { } bytes ? Manifest.Parse(bytes) : null;
        }
        catch (ImageException)
        {
            return null;
        }
    }

    /// <summary>The id that a name or an id's prefix stands for, or null.</summary>
    internal Digest? Resolve(string nameOrIdPrefix)
    {
        string? hex = HexOf(nameOrIdPrefix);
        bool isId = nameOrIdPrefix.StartsWith("sha256:", StringComparison.Ordinal) || hex?.Length == 64;
        if (isId) return hex is null ? throw new ImageException(
            $"bad image id \"{nameOrIdPrefix}\"", ImageErrorKind.Invalid) : ByPrefix(hex);
        NameRecord? record = Names.Find(Reference.Parse(nameOrIdPrefix));
        return record?.Image ?? (hex is null ? null : ByPrefix(hex));
    }

    /// <summary>All layers, preloaded ones too, and the bytes that they take.</summary>
    internal IEnumerable<(Digest DiffId, long Bytes)> AllLayers() => Layers.List().Concat(Layers.ListPreloaded());

    /// <summary>Removes what processes that were killed left half-written; the caller has the store alone.</summary>
    internal void RemoveTemporaries()
    {
        Content.RemoveTemporaries();
        Records.RemoveTemporaries();
        Names.RemoveTemporaries();
    }

    /// <summary>The right to download a layer; see <see cref="LayerClaim"/>. The caller holds the store.</summary>
    internal Task<LayerClaim> ClaimAsync(Digest diffId, CancellationToken cancellation) =>
        LayerClaim.TakeAsync(_directory, diffId, cancellation);

    private T Adding<T>(Func<ImageAddition, T> steps)
    {
        using StoreLock writing = LockNames();
        // Also when neither names nor records change: a layer that was missing may be there again.
        _stamp.Break();
        var addition = new ImageAddition(Content, Records, Names);
        try
        {
            return steps(addition);
        }
        catch
        {
            addition.TakeBack();
            throw;
        }
    }

    /// <summary>The right to change names and records, besides that of being in the store: two pulls of one image, in
    /// two registries or as index and manifest, both add to its record.</summary>
    internal StoreLock LockNames() => StoreLock.Take(_directory, exclusive: true, name: ".write", stamp: _stamp);

    /// <summary>The store alone, or null when somebody has it.</summary>
    internal StoreLock? TryLock()
    {
        Files.MakeDirectories(_directory);
        return StoreLock.TryTake(_directory, _stamp);
    }

    internal StoreLock Lock(bool exclusive, Action? onWait)
    {
        StoreLock? held = null;
        // Who wants the store alone is about to remove something.
        if (exclusive) Reserve.Spend(Take);
        else Take();
        return held!;

        void Take()
        {
            Files.MakeDirectories(_directory);
            held = StoreLock.Take(_directory, exclusive, onWait, stamp: exclusive ? _stamp : null);
        }
    }

    /// <summary>There is no image of that name or id.</summary>
    internal static ImageException Missing(string nameOrIdPrefix) =>
        new($"No such image: {Shown(nameOrIdPrefix)}", ImageErrorKind.NotFound);

    /// <summary>A repository has no such tag here.</summary>
    internal static ImageException WithoutTag(Reference tag) => new(
        $"An image does not exist locally with the tag: {tag.FamiliarName}", ImageErrorKind.NotFound);

    /// <summary>A name as Docker prints it in its complaints: with its tag.</summary>
    internal static string Shown(string nameOrIdPrefix) =>
        HexOf(nameOrIdPrefix) is null && Reference.TryParse(nameOrIdPrefix, out Reference? reference, out _)
            ? reference.Familiar : nameOrIdPrefix;

    // The hexadecimal digits of an id or its prefix; null when it cannot be one.
    private static string? HexOf(string text)
    {
        string hex = text.StartsWith("sha256:", StringComparison.Ordinal) ? text["sha256:".Length..] : text;
        return hex.Length is > 0 and <= 64 && hex.AsSpan().IndexOfAnyExcept("0123456789abcdef") < 0 ? hex : null;
    }

    private Digest? ByPrefix(string hex)
    {
        List<Digest> found = Records.StartingWith(hex);
        if (found.Count > 1) throw new ImageException(
            $"multiple IDs found with provided prefix: {hex}", ImageErrorKind.Invalid);
        return found.Count == 1 ? found[0] : null;
    }
}
