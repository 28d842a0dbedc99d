using System.Text.Json;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Images;

/// <summary>
/// Makes an image of what a container changed: one more layer, a config and a manifest of its own. Nothing of it is
/// visible before all of it is on disk.
/// </summary>
internal sealed class ImageCommit(ImageStore store)
{
    /// <summary>Makes the image and returns its id; a name that stood for another image moves.</summary>
    /// <param name="request">What to make it of; the caller keeps the container from being removed.</param>
    /// <param name="name">Null leaves it without one.</param>
    /// <param name="cancellation">Ends it; then nothing is left.</param>
    /// <exception cref="ImageException">The container has what cannot be in a layer, or too many layers.</exception>
    public Digest Run(CommitRequest request, Reference? name, CancellationToken cancellation)
    {
        if (name?.Digest is not null) throw new ImageException(
            "refusing to create a tag with a digest reference", ImageErrorKind.Invalid);
        ContainerDefaults defaults = ConfigChanges.Apply(request.Config, request.Changes);
        using StoreLock hold = store.Hold();
        ImageConfig parent = ImageConfig.Parse(store.Content.Get(request.Base));
        if (parent.RootFs.DiffIds.Count >= Manifest.MaxLayers) throw new ImageException(
            $"max depth exceeded: the container's image has {parent.RootFs.DiffIds.Count} layers already");
        (Digest DiffId, long Bytes)? layer = LayerCommit.Run(
            store.Layers, request.Upper, store.Limits, cancellation);
        byte[] config = JsonSerializer.SerializeToUtf8Bytes(
            Describe(request, defaults, parent, layer?.DiffId), OciJson.Written.ImageConfig);
        Digest id = store.Content.Put(config);
        Manifest manifest = Manifest.Of(config, LayersOf(request.Base, parent, layer));
        Digest digest = store.Content.Put(manifest.ToJson());
        store.AddLocal(name, id, [id, digest]);
        return id;
    }

    private static ImageConfig Describe(
        CommitRequest request, ContainerDefaults defaults, ImageConfig parent, Digest? layer)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        var step = new HistoryEntry
        {
            Created = now,
            CreatedBy = request.CreatedBy,
            Author = request.Author.Length > 0 ? request.Author : null,
            Comment = request.Message.Length > 0 ? request.Message : null,
            EmptyLayer = layer is null,
        };
        IReadOnlyList<Digest> below = parent.RootFs.DiffIds;
        return parent with
        {
            Created = now,
            Author = step.Author,
            Config = defaults,
            RootFs = new RootFs { DiffIds = layer is { } diffId ? [.. below, diffId] : below },
            History = [.. parent.History ?? [], step],
        };
    }

    // The blobs of the layers below, as their registry has them. Nobody has a compressed form of the new one, nor of
    // those whose image is gone: there the blob is the tar itself.
    private List<Descriptor> LayersOf(Digest parentId, ImageConfig parent, (Digest DiffId, long Bytes)? layer)
    {
        IReadOnlyList<Descriptor>? known = store.FindManifest(parentId)?.Layers;
        List<Descriptor> layers = known?.Count == parent.RootFs.DiffIds.Count ? [.. known]
            : [.. parent.RootFs.DiffIds.Select(diffId => Descriptor.OfTar(diffId, TarBytes(diffId)))];
        if (layer is { } added) layers.Add(Descriptor.OfTar(added.DiffId, added.Bytes));
        return layers;
    }

    private long TarBytes(Digest diffId)
    {
        using Stream tar = store.Layers.OpenTar(diffId);
        return tar.Length;
    }
}
