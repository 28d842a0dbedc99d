using Skiff.Layers.Compression;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// What an image is to be in a registry. As long as all its layers come to be what was planned, an image that a
/// registry knows keeps its manifest to the byte.
/// </summary>
internal sealed class PushPlan
{
    private readonly PushSettings _settings;
    private readonly Manifest? _manifest;
    private readonly bool _isDocker;

    private PushPlan(
        PushSettings settings, IReadOnlyList<PlannedLayer> layers, Manifest? manifest, Digest? known, string? why)
    {
        (_settings, Layers, _manifest, Known, Why) = (settings, layers, manifest, known, why);
        _isDocker = settings.Docker ?? (manifest?.MediaType == MediaTypes.DockerManifest
            && settings.Compression != CompressionKind.Zstd);
    }

    /// <summary>The layers, base first.</summary>
    public IReadOnlyList<PlannedLayer> Layers { get; }

    /// <summary>The digest of the manifest by which a registry knows the image.</summary>
    public Digest? Known { get; }

    /// <summary>An index that a manifest of the image was chosen from, by which a registry knows it; null for
    /// none.</summary>
    public Digest? Index { get; private init; }

    /// <summary>Why the manifest will be another one in any case; null when it need not be.</summary>
    public string? Why { get; }

    /// <summary>The manifest's type.</summary>
    public string MediaType => _isDocker ? MediaTypes.DockerManifest : MediaTypes.OciManifest;

    /// <summary>Plans the push of an image.</summary>
    /// <param name="blobs">What registries have.</param>
    /// <param name="image">The image.</param>
    /// <param name="target">Where it goes.</param>
    /// <param name="settings">What was asked for.</param>
    public static PushPlan Make(KnownBlobs blobs, Image image, Reference target, PushSettings settings)
    {
        if (settings is { Docker: true, Compression: CompressionKind.Zstd }) throw new ImageException(
            "Docker's manifests have no zstd layers: leave --format docker or --compression zstd out");
        var known = blobs.ManifestsOf(image.Id).OrderBy(one => Distance(one.Where, target)).ToList();
        (Manifest? manifest, Digest digest, _) = known.FirstOrDefault();
        if (manifest is null)
            return new PushPlan(settings, Choose(blobs, image.DiffIds, target, settings.Compression), null, null, null);
        string? why = null;
        if (settings.Docker is { } docker && docker != (manifest.MediaType == MediaTypes.DockerManifest))
            why = "--format asks for one of the other kind";
        bool isAsAsked = settings.Compression is not { } asked
            || manifest.Layers.All(layer => MediaTypes.CompressionOf(layer.MediaType) == asked);
        if (!isAsAsked) why = "--compression asks for other layers";
        IReadOnlyList<PlannedLayer> layers = isAsAsked
            ? [.. image.DiffIds.Select((diffId, i) => new PlannedLayer(diffId, manifest.Layers[i]))]
            : Choose(blobs, image.DiffIds, target, settings.Compression);
        return new PushPlan(settings, layers, manifest, digest, why)
        {
            Index = known.Find(one => one.Where.Digest != one.Digest).Where?.Digest,
        };
    }

    /// <summary>How a layer is compressed when no registry has it.</summary>
    public CompressionKind Compression(PlannedLayer layer) =>
        _settings.Compression ?? (!_isDocker && layer.Blob is { } blob
            && MediaTypes.CompressionOf(blob.MediaType) == CompressionKind.Zstd ? CompressionKind.Zstd
            : CompressionKind.Gzip);

    /// <summary>The manifest's bytes.</summary>
    /// <param name="config">The config's bytes.</param>
    /// <param name="layers">What the layers have become, base first.</param>
    /// <param name="store">Has the manifest that is known.</param>
    public byte[] ToManifest(byte[] config, IReadOnlyList<Descriptor> layers, ImageStore store)
    {
        bool isKept = Why is null && _manifest is not null
            && layers.Select(layer => layer.Digest).SequenceEqual(_manifest.Layers.Select(layer => layer.Digest));
        if (isKept) return store.Content.Get(Known!.Value);
        Manifest made = Manifest.Of(config, layers.Select(layer => layer with
        {
            MediaType = MediaTypes.Layer(MediaTypes.CompressionOf(layer.MediaType), _isDocker),
        }));
        return (made with
        {
            MediaType = MediaType,
            Config = made.Config with { MediaType = _isDocker ? MediaTypes.DockerConfig : MediaTypes.OciConfig },
            Annotations = _manifest?.Annotations,
        }).ToJson();
    }

    // Of an image that no registry knows, the layers may be those of one that a registry does.
    private static List<PlannedLayer> Choose(
        KnownBlobs blobs, IReadOnlyList<Digest> diffIds, Reference target, CompressionKind? compression) =>
        [.. diffIds.Select(diffId => new PlannedLayer(diffId, blobs.Of(diffId)
            .Where(known => MediaTypes.CompressionOf(known.Blob.MediaType) is var kind && (compression is null
                ? kind is CompressionKind.Gzip or CompressionKind.Zstd : kind == compression))
            .OrderBy(known => Distance(known.Where, target)).Select(known => known.Blob).FirstOrDefault()))];

    private static int Distance(Reference where, Reference target) =>
        where.Name == target.Name ? 0 : where.Registry == target.Registry ? 1 : 2;
}
