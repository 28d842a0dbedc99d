using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Images;

/// <summary>
/// Heals what <see cref="StoreCheck"/> finds: what can be made from sound bytes is made anew, what cannot is fetched
/// from the registry that the image came from, and nothing else is. The caller holds the store.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="progress">Told about downloads.</param>
/// <param name="options">How patient to be with registries.</param>
/// <param name="cancellation">Ends it.</param>
internal sealed class StoreRepair(
    ImageStore store, IImageProgress progress, RegistryOptions? options, CancellationToken cancellation)
{
    /// <summary>Heals one defect, or notes why that is not possible.</summary>
    public void Heal(StoreDefect defect)
    {
        try
        {
            defect.Repair = defect.Kind switch
            {
                StoreDefectKind.Name => PullAgain(defect.Subject),
                StoreDefectKind.Record => RestoreRecord(defect.Images[0]),
                StoreDefectKind.Document => FetchDocument(defect),
                StoreDefectKind.Layer => FetchLayer(defect),
                StoreDefectKind.Index => Rebuild(defect.Subject),
                _ => null, // Removed with the garbage, by whoever has the store alone.
            };
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            defect.Failure = e.Message;
        }
    }

    private string Rebuild(string diffId)
    {
        store.Layers.Rebuild(Digest.Parse(diffId));
        return "made anew from the layer's tar";
    }

    // A tag's record says what it stands for, and only its registry knows that too.
    private string PullAgain(string name)
    {
        Reference reference = Reference.Parse(name);
        new ImagePuller(store, options).PullAsync(reference, null, progress, cancellation)
            .GetAwaiter().GetResult();
        return "pulled again";
    }

    // Everything that the record named can be found: manifests name their config, names name their manifest or index.
    private string RestoreRecord(Digest id)
    {
        List<Digest> documents = [id];
        foreach (Digest document in store.Content.List())
            if (store.ReadManifest(document) is { } manifest && manifest.Config.Digest == id)
                documents.Add(document);
        foreach ((_, NameRecord record) in store.Names.List(static (_, _) => { }))
            if (record.Image == id && record.Digest is { } digest && !documents.Contains(digest))
                documents.Add(digest);
        using StoreLock writing = store.LockNames();
        store.Records.Remove(id);
        store.Records.Add(id, documents);
        return "written anew from the documents";
    }

    private string FetchDocument(StoreDefect defect)
    {
        Digest document = Digest.Parse(defect.Subject);
        return FromOrigin(defect, async (registry, name, image) =>
        {
            byte[] bytes;
            if (document == image)
                bytes = await registry.GetBlobAsync(
                    name, ManifestFor(image).Config, ImageConfig.MaxBytes, cancellation).ConfigureAwait(false);
            else
                bytes = (await registry.GetManifestAsync(name, document, cancellation).ConfigureAwait(false)).Bytes;
            store.Content.Put(document, bytes);
        });
    }

    private string FetchLayer(StoreDefect defect)
    {
        Digest diffId = Digest.Parse(defect.Subject);
        return FromOrigin(defect, async (registry, name, image) =>
        {
            IReadOnlyList<Digest> diffIds = store.Open(image).DiffIds;
            Descriptor layer = ManifestFor(image).Layers[diffIds.ToList().IndexOf(diffId)];
            var pipeline = new LayerPipeline(store.Layers,
                blob => registry.OpenBlob(name, blob), progress, registry.Options, store.Limits);
            await pipeline.RunAsync(layer, diffId, cancellation, replace: true).ConfigureAwait(false);
        });
    }

    // Asks one registry after the other that an image with the damaged part came from.
    private string FromOrigin(StoreDefect defect, Func<RegistryClient, Reference, Digest, Task> fetch)
    {
        Exception? failure = null;
        foreach ((Reference name, NameRecord record) in store.Names.List(static (_, _) => { }))
        {
            // Every pull leaves a name with the digest, also where a tag has moved on since.
            if (name.Digest is null || !defect.Images.Contains(record.Image)) continue;
            try
            {
                using RegistryClient registry = store.Registries.Access.Open(name, options);
                registry.Warn = progress.Warn;
                fetch(registry, name, record.Image).GetAwaiter().GetResult();
                return $"fetched again from {name.Registry}/{name.Repository}";
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                failure = e;
            }
        }
        throw failure ?? new ImageException(
            defect.Images.Count == 0 ? "it belongs to no image: `skiff image prune` removes what nothing needs"
                : "its image came from no registry: remove the image and load or build it again");
    }

    private Manifest ManifestFor(Digest image) => store.FindManifest(image)
        ?? throw new ImageException($"the manifest of image {image} is missing: pull the image again");
}
