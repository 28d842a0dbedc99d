using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;
using Skiff.Layers.Registry.Uploads;

namespace Skiff.Agent.Images;

/// <summary>Brings single layers into a repository, by the cheapest way that there is.</summary>
/// <param name="store">Has the layers.</param>
/// <param name="sources">Where their blobs may be.</param>
/// <param name="plan">What they are to be.</param>
/// <param name="writer">Writes into the repository.</param>
/// <param name="target">The repository.</param>
/// <param name="chunkBytes">The size of the pieces in which blobs are uploaded; null for all in one.</param>
internal sealed class LayerPush(
    ImageStore store, PushSources sources, PushPlan plan, RegistryWriter writer, Reference target,
    int? chunkBytes)
{
    /// <summary>
    /// Brings a layer there and says what it is now. When that is not what was planned, also why.
    /// </summary>
    public async Task<(Descriptor Blob, string? Why)> RunAsync(
        PlannedLayer layer, IImageProgress progress, CancellationToken cancellation)
    {
        string id = layer.DiffId.Short;
        string? why = null, location = null;
        if (layer.Blob is { } blob)
        {
            if (await writer.HasAsync(blob.Digest, cancellation).ConfigureAwait(false))
            {
                Report(LayerState.LayerAlreadyExists, blob.Size);
                return (blob, null);
            }
            (string? from, location) = await MountAsync(layer.DiffId, blob, cancellation).ConfigureAwait(false);
            if (from is not null)
            {
                progress.Report(new LayerProgress(id, LayerState.Mounted, blob.Size, blob.Size, from));
                return (blob, null);
            }
            (bool isDone, why) = await StreamAsync(layer.DiffId, blob, location, Sent(blob.Size), cancellation)
                .ConfigureAwait(false);
            if (isDone)
            {
                Report(LayerState.Pushed, blob.Size);
                return (blob, null);
            }
        }
        CompressionKind kind = plan.Compression(layer);
        (Digest digest, long bytes) = await writer.UploadAsync(
            new LayerBody(store.Layers, layer.DiffId, kind), null, null, chunkBytes, Sent(0), cancellation)
            .ConfigureAwait(false);
        Report(LayerState.Pushed, bytes);
        var made = new Descriptor { MediaType = MediaTypes.Layer(kind, docker: false), Digest = digest, Size = bytes };
        return (made, why is null ? null : $"layer {id} was compressed anew, since {why}");

        void Report(LayerState state, long size) => progress.Report(new LayerProgress(id, state, size, size));

        Action<long> Sent(long total) => done =>
            progress.Report(new LayerProgress(id, LayerState.Pushing, done, total));
    }

    // Where it was mounted from, or else the upload that the registry has begun instead.
    private async Task<(string? From, string? Location)> MountAsync(
        Digest diffId, Descriptor blob, CancellationToken cancellation)
    {
        foreach (Reference where in PlacesOf(diffId, blob))
        {
            if (where.Registry != target.Registry) continue;
            try
            {
                string? location = await writer.MountAsync(blob.Digest, where, cancellation).ConfigureAwait(false);
                return location is null ? (where.Repository, null) : (null, location);
            }
            catch (ImageException)
            {
                // Reading there may be forbidden; the layer can go the long way.
            }
        }
        return (null, null);
    }

    // Whether some registry's bytes have gone over, or else why not.
    private async Task<(bool IsDone, string Why)> StreamAsync(
        Digest diffId, Descriptor blob, string? location, Action<long> sent, CancellationToken cancellation)
    {
        string why = "no registry is known to have it";
        foreach (Reference where in PlacesOf(diffId, blob))
        {
            RemoteBody? body = null;
            try
            {
                body = new RemoteBody(sources.Open(where), where, blob);
                await writer.UploadAsync(body, blob.Digest, location, chunkBytes, sent, cancellation)
                    .ConfigureAwait(false);
                return (true, "");
            }
            catch (ImageException e) when (body is null || body.Failure is not null)
            {
                sources.Fail(where, body?.Failure ?? e);
                why = $"{where.Name} cannot be had: {(body?.Failure ?? e).Message}";
                location = null;
            }
        }
        return (false, why);
    }

    private IEnumerable<Reference> PlacesOf(Digest diffId, Descriptor blob) => sources.Known.Of(diffId)
        .Where(known => known.Blob.Digest == blob.Digest && known.Where.Name != target.Name)
        .Select(known => known.Where).DistinctBy(where => where.Name)
        .OrderBy(where => where.Registry == target.Registry ? 0 : 1);
}
