using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Registry;

namespace Skiff.Agent.Images;

/// <summary>
/// Pulls images: manifest, platform, config, layers side by side, and at the end the name. Until then nothing is
/// visible but layers, which the next pull finds and a removal sweeps.
/// </summary>
internal sealed class ImagePuller(
    ImageStore store, RegistryOptions? options = null, RegistryCredentials? credentials = null)
{
    private const int LayersAtOnce = 3;

    // What was left of a pull and not taken up for so long goes: whoever wanted the image has another by now.
    private static readonly TimeSpan s_keepPartials = TimeSpan.FromDays(7);

    /// <summary>Pulls what <paramref name="reference"/> names for <paramref name="platform"/> (this machine's when
    /// null).</summary>
    /// <exception cref="ImageException">Begins with <c>pull NAME: </c> and says what is wrong.</exception>
    public async Task<PullResult> PullAsync(
        Reference reference, Platform? platform, IPullProgress progress, CancellationToken cancellation)
    {
        try
        {
            using StoreLock hold = store.Hold();
            store.Reserve.Ensure();
            store.Layers.DropPartials(s_keepPartials);
            using var registry = new RegistryClient(reference.Registry, credentials, options);
            return await PullAsync(registry, reference, platform, progress, cancellation).ConfigureAwait(false);
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

    private async Task<PullResult> PullAsync(
        RegistryClient registry, Reference reference, Platform? platform, IPullProgress progress,
            CancellationToken cancellation)
    {
        FetchedManifest top = await registry.GetManifestAsync(reference, null, cancellation).ConfigureAwait(false);
        FetchedManifest chosen = top;
        if (top.IsIndex)
        {
            Descriptor selected = Layers.Oci.Index.Parse(top.Bytes).Select(platform ?? Platform.Host);
            chosen = await registry.GetManifestAsync(reference, selected.Digest, cancellation).ConfigureAwait(false);
            if (chosen.IsIndex) throw new ImageException(
                $"{selected.Digest} is an index within an index: expected a manifest");
        }
        Manifest manifest = Manifest.Parse(chosen.Bytes);
        byte[] config = await GetConfigAsync(registry, reference, manifest.Config, cancellation).ConfigureAwait(false);
        IReadOnlyList<Digest> diffIds = Check(ImageConfig.Parse(config), manifest, top.IsIndex ? null : platform);
        await PullLayersAsync(registry, reference, manifest.Layers, diffIds, progress, cancellation)
            .ConfigureAwait(false);

        Digest id = manifest.Config.Digest;
        bool changed = store.Add(reference, top.Digest, id, [config, chosen.Bytes, top.Bytes]);
        return new PullResult(store.Open(id), top.Digest, changed);
    }

    private async Task<byte[]> GetConfigAsync(
        RegistryClient registry, Reference reference, Descriptor config, CancellationToken cancellation) =>
        store.Content.Contains(config.Digest) ? store.Content.Get(config.Digest)
            : await registry.GetBlobAsync(reference, config, ImageConfig.MaxBytes, cancellation).ConfigureAwait(false);

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
        IPullProgress progress, CancellationToken cancellation)
    {
        var pipeline = new LayerPipeline(
            store.Layers, (blob, offset, stop) =>
                registry.OpenBlobAsync(reference, blob, offset, stop), progress, registry.Options, store.Limits);
        List<(Descriptor Layer, Digest DiffId)> wanted = [];
        HashSet<Digest> seen = [];
        for (int i = 0; i < layers.Count; i++)
        {
            if (!seen.Add(diffIds[i])) continue;
            bool isThere = store.Layers.Contains(diffIds[i]);
            LayerState state = isThere ? LayerState.AlreadyExists : LayerState.Waiting;
            progress.Report(new LayerProgress(layers[i].Digest, state, isThere ? layers[i].Size : 0, layers[i].Size));
            if (!isThere) wanted.Add((layers[i], diffIds[i]));
        }
        store.CheckSpace(wanted.Select(one => one.Layer));
        var limits = new ParallelOptions { MaxDegreeOfParallelism = LayersAtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(
            wanted, limits, async (one, stop) =>
                await pipeline.RunAsync(one.Layer, one.DiffId, stop).ConfigureAwait(false))
            .ConfigureAwait(false);
    }
}
