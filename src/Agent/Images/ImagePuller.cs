using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Images;

/// <summary>
/// Pulls images: manifest, platform, signature, config, layers side by side, and at the end the name. Until then
/// nothing is visible but layers, which the next pull finds and a removal sweeps.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="options">How patient to be with registries.</param>
/// <param name="makeRoom">Called before layers are downloaded, while the store is not held, with how many bytes they
/// may take and with all layers of the image.</param>
internal sealed class ImagePuller(
    ImageStore store, RegistryOptions? options = null, Action<long, IReadOnlyCollection<Digest>>? makeRoom = null)
{
    private const int LayersAtOnce = 3;

    /// <summary>Pulls what <paramref name="reference"/> names for <paramref name="platform"/> (this machine's when
    /// null).</summary>
    /// <exception cref="ImageException">Begins with <c>pull NAME: </c> and says what is wrong.</exception>
    public async Task<PullResult> PullAsync(
        Reference reference, Platform? platform, IImageProgress progress, CancellationToken cancellation)
    {
        try
        {
            store.Trust.CheckName(reference);
            using RegistryClient registry = store.Registries.Access.Open(reference, options);
            registry.Warn = progress.Warn;
            Choice choice = await ChooseAsync(registry, reference, platform, cancellation).ConfigureAwait(false);
            progress.Message($"Pulling from {reference.Repository}",
                reference.Digest is null ? reference.Tag : reference.ToString());
            makeRoom?.Invoke(PullSpace.Estimate(MissingLayers(choice)), choice.DiffIds);
            using StoreLock hold = store.Hold();
            store.Reserve.Ensure();
            store.Partials.Drop();
            await PullLayersAsync(registry, reference, choice.Manifest.Layers, choice.DiffIds, progress, cancellation)
                .ConfigureAwait(false);
            Digest id = choice.Manifest.Config.Digest;
            bool changed = store.Add(reference, choice.Name, id, choice.Documents);
            progress.Message($"Digest: {choice.Name}");
            progress.Message($"Status: {(changed ? "Downloaded newer image" : "Image is up to date")} for "
                + reference.Familiar);
            return new PullResult(store.Open(id), choice.Name, changed);
        }
        catch (ImageException e)
        {
            throw new ImageException($"pull {reference.Familiar}: {e.Message}", e);
        }
        catch (LinuxException e)
        {
            throw e.While($"pull {reference.Familiar}");
        }
    }

    /// <summary>All tags that the registry has of a repository, but those of signatures; at least one.</summary>
    public async Task<IReadOnlyList<string>> TagsAsync(Reference repository, CancellationToken cancellation)
    {
        try
        {
            store.Trust.CheckName(repository);
            using RegistryClient registry = store.Registries.Access.Open(repository, options);
            List<string> tags = [.. await registry.GetTagsAsync(repository, cancellation).ConfigureAwait(false)];
            tags.RemoveAll(ReferrerTag.Is);
            return tags.Count > 0 ? tags : throw new ImageException("the repository has no tags");
        }
        catch (ImageException e)
        {
            throw new ImageException($"pull --all-tags {repository.FamiliarName}: {e.Message}", e);
        }
    }

    private async Task<Choice> ChooseAsync(
        RegistryClient registry, Reference reference, Platform? platform, CancellationToken cancellation)
    {
        FetchedManifest top = await registry.GetManifestAsync(reference, null, cancellation).ConfigureAwait(false);
        IReadOnlyList<FetchedManifest> way =
            await new ManifestSearch(registry, reference, platform ?? Platform.Host, cancellation).RunAsync(top)
                .ConfigureAwait(false);
        FetchedManifest chosen = way[^1];
        Manifest manifest = Manifest.Parse(chosen.Bytes);
        await store.Trust.CheckAsync(registry, reference, [top.Digest, chosen.Digest], cancellation)
            .ConfigureAwait(false);
        byte[] config = await GetConfigAsync(registry, reference, manifest.Config, cancellation).ConfigureAwait(false);
        IReadOnlyList<Digest> diffIds = Check(ImageConfig.Parse(config), manifest, top.IsIndex ? null : platform);
        return new Choice(
            top.Digest, manifest, diffIds, [config, .. way.Reverse().Select(static document => document.Bytes)]);
    }

    private IEnumerable<Descriptor> MissingLayers(Choice choice) => choice.Manifest.Layers
        .Where((_, i) => !store.Layers.Contains(choice.DiffIds[i]));

    private async Task<byte[]> GetConfigAsync(
        RegistryClient registry, Reference reference, Descriptor config, CancellationToken cancellation) =>
        store.Content.TryGet(config.Digest)
            ?? await registry.GetBlobAsync(reference, config, ImageConfig.MaxBytes, cancellation).ConfigureAwait(false);

    // Docker, too, takes an index at its word, and an image that stands alone as it is unless a platform was asked for.
    private static IReadOnlyList<Digest> Check(ImageConfig config, Manifest manifest, Platform? asked)
    {
        IReadOnlyList<Digest> diffIds = config.RootFs.DiffIds;
        if (diffIds.Count != manifest.Layers.Count)
            throw new ImageException(
                $"config names {diffIds.Count} layers and the manifest {manifest.Layers.Count}: expected as many");
        var built = new Platform { Os = config.Os, Architecture = config.Architecture, Variant = config.Variant };
        if (built.Os != "linux") throw new ImageException($"image is for {built}: expected linux");
        if (asked is not null
            && asked.Suits(built) == 0) throw new ImageException($"image is for {built}: expected {asked}");
        return diffIds;
    }

    private async Task PullLayersAsync(
        RegistryClient registry, Reference reference, IReadOnlyList<Descriptor> layers, IReadOnlyList<Digest> diffIds,
        IImageProgress progress, CancellationToken cancellation)
    {
        var pipeline = new LayerPipeline(
            store.Layers, blob => registry.OpenBlob(reference, blob), progress, registry.Options, store.Limits);
        List<(Descriptor Layer, Digest DiffId)> wanted = [];
        HashSet<Digest> seen = [];
        for (int i = 0; i < layers.Count; i++)
        {
            if (!seen.Add(diffIds[i])) continue;
            bool isThere = store.Layers.Contains(diffIds[i]);
            LayerState state = isThere ? LayerState.AlreadyExists : LayerState.PullingFsLayer;
            Report(layers[i], state, isThere ? layers[i].Size : 0);
            if (!isThere) wanted.Add((layers[i], diffIds[i]));
        }
        foreach ((Descriptor layer, _) in wanted.Skip(LayersAtOnce)) Report(layer, LayerState.Waiting, 0);
        store.CheckSpace(wanted.Select(one => one.Layer));
        var limits = new ParallelOptions { MaxDegreeOfParallelism = LayersAtOnce, CancellationToken = cancellation };
        var turns = new LayerTurns(() => registry.ReceivedBytes, LayersAtOnce);
        await Parallel.ForEachAsync(
            turns.InOrder(wanted), limits, async (one, stop) =>
            {
                using LayerClaim claim = await store.ClaimAsync(one.DiffId, stop).ConfigureAwait(false);
                await pipeline.RunAsync(one.Layer, one.DiffId, stop).ConfigureAwait(false);
                turns.End(one.Layer);
            })
            .ConfigureAwait(false);

        void Report(Descriptor layer, LayerState state, long doneBytes) =>
            progress.Report(new LayerProgress(layer.Digest.Short, state, doneBytes, layer.Size));
    }

    // What a name stands for on this platform: what its registry calls it, and the documents that say what it is.
    private sealed record Choice(
        Digest Name, Manifest Manifest, IReadOnlyList<Digest> DiffIds, IReadOnlyList<byte[]> Documents);
}
