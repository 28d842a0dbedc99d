using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>
/// What registries have of the local images, as the documents and names tell that came from them: manifests, and the
/// blobs of layers. Whether they still have it they have to be asked.
/// </summary>
internal sealed class KnownBlobs
{
    private readonly Dictionary<Digest, List<(Descriptor Blob, Reference Where)>> _layers = [];
    private readonly List<(Manifest Manifest, Digest Digest, Reference Where)> _manifests = [];

    /// <summary>Reads the records of all images; what is damaged is left out.</summary>
    public KnownBlobs(ImageStore store)
    {
        foreach ((Reference name, NameRecord record) in store.Names.List(static (_, _) => { }))
            if (name.Digest is { } digest) Add(store, name, digest, record.Image);
    }

    /// <summary>The manifests of an image, and the repositories that have them.</summary>
    public IEnumerable<(Manifest Manifest, Digest Digest, Reference Where)> ManifestsOf(Digest image) =>
        _manifests.Where(known => known.Manifest.Config.Digest == image);

    /// <summary>The blobs that hold a layer, and the repositories that have them.</summary>
    public IReadOnlyList<(Descriptor Blob, Reference Where)> Of(Digest diffId) => _layers.GetValueOrDefault(diffId, []);

    private void Add(ImageStore store, Reference name, Digest named, Digest image)
    {
        List<Digest> documents = store.Records.Documents(image);
        bool isManifest = store.ReadManifest(named) is not null;
        foreach (Digest document in isManifest ? [named] : documents)
        {
            if (store.ReadManifest(document) is not { } manifest || manifest.Config.Digest != image
                || !(isManifest || Lists(store, named, document))
                || DiffIds(store, image) is not { } diffIds || diffIds.Count != manifest.Layers.Count) continue;
            _manifests.Add((manifest, document, name));
            for (int i = 0; i < diffIds.Count; i++)
            {
                if (!_layers.TryGetValue(diffIds[i], out var blobs)) _layers.Add(diffIds[i], blobs = []);
                blobs.Add((manifest.Layers[i], name));
            }
        }
    }

    private static bool Lists(ImageStore store, Digest index, Digest manifest)
    {
        try
        {
            return store.Content.TryGet(index) is { } bytes
                && Layers.Oci.Index.Parse(bytes).Manifests.Any(entry => entry.Digest == manifest);
        }
        catch (ImageException)
        {
            return false;
        }
    }

    private static IReadOnlyList<Digest>? DiffIds(ImageStore store, Digest image)
    {
        try
        {
            return store.Open(image).DiffIds;
        }
        catch (ImageException)
        {
            return null;
        }
    }
}
