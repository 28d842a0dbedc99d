using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Uploads;

namespace Skiff.Agent.Images;

/// <summary>
/// Pushes images: layers side by side, then config and manifest. Compressed bytes are not kept here, so a layer that
/// some registry has is mounted or streamed from there, and the manifest stays what it was. Only what no registry can
/// give is compressed anew.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="settings">What the image is to be there.</param>
/// <param name="options">How patient to be with registries.</param>
internal sealed class ImagePusher(ImageStore store, PushSettings settings, RegistryOptions? options = null)
{
    private const int LayersAtOnce = 4;

    /// <summary>Pushes the image of a tag, and keeps what the registry calls it from now on.</summary>
    /// <exception cref="ImageException">Begins with <c>push NAME: </c> and says what is wrong.</exception>
    public async Task PushAsync(
        Reference target, IImageProgress progress, CancellationToken cancellation)
    {
        if (target.Digest is not null) throw new ImageException(
            "cannot push a digest reference", ImageErrorKind.Invalid);
        try
        {
            using StoreLock hold = store.Hold();
            Image image = store.Find(target) ?? throw ImageStore.WithoutTag(target);
            using RegistryClient registry = store.Registries.Access.Open(target, options);
            using var sources = new PushSources(store, options);
            PushPlan plan = PushPlan.Make(sources.Known, image, target, settings);
            RegistryWriter writer = registry.WriterFor(target);
            (Descriptor[] layers, string? why) = await PushLayersAsync(
                plan, new LayerPush(store, sources, plan, writer, target, settings.ChunkBytes), progress, cancellation)
                .ConfigureAwait(false);
            byte[] config = store.Content.Get(image.Id);
            byte[] manifest = plan.ToManifest(config, layers, store);
            if (!await writer.HasAsync(image.Id, cancellation).ConfigureAwait(false))
                await writer.PutAsync(config, image.Id, cancellation).ConfigureAwait(false);
            await writer.PutManifestAsync(target.Tag!, manifest, plan.MediaType, cancellation).ConfigureAwait(false);
            Digest digest = store.AddPushed(target, image.Id, manifest);
            if (plan.Index is { } index) progress.Message(
                $"{index} is an index and stays where it is: the image for this platform alone was pushed");
            progress.Pushed(target.Tag!, digest, manifest.Length);
            why ??= plan.Why;
            if (why is not null && plan.Known is { } known && known != digest)
                progress.Message($"The manifest's digest is another one than {known}: {why}");
        }
        catch (ImageException e)
        {
            throw new ImageException($"push {target.Familiar}: {e.Message}", e);
        }
        catch (LinuxException e)
        {
            throw e.While($"push {target.Familiar}");
        }
    }

    // What the layers are in the registry now, and why one of them is another than was planned.
    private static async Task<(Descriptor[] Layers, string? Why)> PushLayersAsync(
        PushPlan plan, LayerPush push, IImageProgress progress, CancellationToken cancellation)
    {
        foreach (PlannedLayer layer in plan.Layers)
            progress.Report(new LayerProgress(layer.DiffId.Short, LayerState.Preparing, 0, 0));
        // A layer that the image has twice goes once.
        var pushed = new Dictionary<Digest, Descriptor>();
        string? why = null;
        var limits = new ParallelOptions { MaxDegreeOfParallelism = LayersAtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(plan.Layers.DistinctBy(layer => layer.DiffId), limits, async (layer, stop) =>
        {
            (Descriptor blob, string? reason) = await push.RunAsync(layer, progress, stop).ConfigureAwait(false);
            lock (pushed)
            {
                pushed.Add(layer.DiffId, blob);
                why ??= reason;
            }
        }).ConfigureAwait(false);
        return ([.. plan.Layers.Select(layer => pushed[layer.DiffId])], why);
    }
}
