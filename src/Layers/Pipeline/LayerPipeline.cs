using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Pipeline;

/// <summary>
/// Brings one layer in: socket, SHA-256 of the blob, decompression, SHA-256 of the tar (its DiffId), layer store. Each
/// stage has a thread; pipes between them hold a bounded number of pooled bytes, so that the slowest stage sets the
/// pace and the others overlap with it. Nothing is visible before size, digest and DiffId are verified.
/// </summary>
/// <param name="store">Where layers go.</param>
/// <param name="source">Where blobs come from.</param>
/// <param name="progress">Told how each layer gets on.</param>
/// <param name="options">How patient to be.</param>
/// <param name="limits">What is refused for its size.</param>
/// <param name="resume">What to keep of a layer that does not come to its end.</param>
public sealed class LayerPipeline(
    ISnapshotter store, Func<Descriptor, IBlobSource> source, ILayerProgress progress, RegistryOptions? options = null,
    IngestLimits? limits = null, ResumeOptions? resume = null)
{
    private readonly RegistryOptions _options = options ?? RegistryOptions.Default;
    private readonly IngestLimits _limits = limits ?? IngestLimits.Default;
    private readonly ResumeOptions _resume = resume ?? ResumeOptions.Default;

    /// <summary>
    /// Pulls <paramref name="layer"/>, whose tar must have <paramref name="diffId"/>. Does nothing when the store has
    /// it. When this throws, also by cancellation, nothing of the layer is visible; what has come in is kept for the
    /// next call, which asks for the rest only.
    /// </summary>
    /// <param name="layer">The blob.</param>
    /// <param name="diffId">The layer.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="replace">Pulls a layer that is there, and damaged, again; the new one takes its place.</param>
    /// <exception cref="ImageException">The registry or the bytes are at fault; begins with the layer's
    /// digest.</exception>
    public async Task RunAsync(
        Descriptor layer, Digest diffId, CancellationToken cancellation, bool replace = false)
    {
        if (!replace && store.Contains(diffId))
        {
            progress.Report(new LayerProgress(layer.Digest.Short, LayerState.AlreadyExists, layer.Size, layer.Size));
            return;
        }
        try
        {
            IBlobSource blob = source(layer);
            bool isIn = !replace && await TryResumeAsync(layer, diffId, blob, cancellation).ConfigureAwait(false);
            while (!isIn)
                isIn = await TryWholeAsync(layer, diffId, blob, replace, cancellation).ConfigureAwait(false);
        }
        catch (ImageException e)
        {
            throw new ImageException($"layer {layer.Digest}: {e.Message}", e);
        }
        catch (OutOfMemoryException e)
        {
            // The heap has a fixed size, and several large layers may share it.
            throw new ImageException($"layer {layer.Digest}: too little memory to take it in; "
                + "try again, or lower the limit metadata-bytes in SKIFF_LIMITS", e);
        }
        progress.Report(new LayerProgress(layer.Digest.Short, LayerState.PullComplete, layer.Size, layer.Size));
    }

    // False when the layer has to be fetched from its beginning.
    private async Task<bool> TryResumeAsync(
        Descriptor layer, Digest diffId, IBlobSource blob, CancellationToken cancellation)
    {
        using var tar = new TarDigest();
        using ILayerIngest? ingest = store.Resume(
            diffId, layer.Digest, tar, out ResumePoint from, cancellation, _limits.ForBlob(layer.Size));
        if (ingest is null) return false;
        LayerRun run = NewRun(layer, diffId, blob, ingest, tar, from);
        try
        {
            await run.RunAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ImageException) when (run.BytesAreWrong)
        {
            // Nobody can tell whether these bytes are wrong or those that were kept, which no digest has covered.
            return false;
        }
    }

    // False when another place may have other bytes.
    private async Task<bool> TryWholeAsync(
        Descriptor layer, Digest diffId, IBlobSource blob, bool replace, CancellationToken cancellation)
    {
        using var tar = new TarDigest();
        using ILayerIngest ingest = store.Begin(diffId, replace, _limits.ForBlob(layer.Size));
        LayerRun run = NewRun(layer, diffId, blob, ingest, tar, null);
        try
        {
            await run.RunAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ImageException e) when (run.SenderMayBeWrong)
        {
            if (!blob.LeaveAll(e.Message)) throw;
            return false;
        }
    }

    private LayerRun NewRun(
        Descriptor layer, Digest diffId, IBlobSource blob, ILayerIngest ingest, TarDigest tar, ResumePoint? from)
    {
        var checkpoints = new CheckpointQueue(_resume.StepBytes, tar.Length);
        IBlobDecoder? decoder = from is { } point ? BlobDecoder.At(point.Place, tar.Tail, _limits) : null;
        return new LayerRun(
            new DownloadStage(layer, blob, _options, progress, from?.Place.CompressedOffset ?? 0), decoder,
            checkpoints, _limits, new IngestStage(layer.Digest, diffId, ingest, tar, checkpoints, _resume, from));
    }
}
