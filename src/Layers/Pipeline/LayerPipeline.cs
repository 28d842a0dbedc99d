using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
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
public sealed class LayerPipeline(
    ISnapshotter store, BlobSource source, IPullProgress progress, RegistryOptions? options = null,
    IngestLimits? limits = null)
{
    // Inline continuations: the stages behind the pipes block on events, which setting costs less than a hop over the
    // pool. The one asynchronous stage, the download, is resumed on the pool.
    private static readonly PipeOptions s_compressedPipe = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.ThreadPool,
        pauseWriterThreshold: 512 << 10, resumeWriterThreshold: 256 << 10, minimumSegmentSize: 64 << 10,
        useSynchronizationContext: false);

    private static readonly PipeOptions s_plainPipe = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 512 << 10, minimumSegmentSize: 128 << 10,
        useSynchronizationContext: false);

    private readonly RegistryOptions _options = options ?? RegistryOptions.Default;
    private readonly IngestLimits _limits = limits ?? IngestLimits.Default;

    /// <summary>
    /// Pulls <paramref name="layer"/>, whose tar must have <paramref name="diffId"/>. Does nothing when the store has
    /// it. When this throws, also by cancellation, nothing of the layer is left.
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
            progress.Report(new LayerProgress(layer.Digest, LayerState.AlreadyExists, layer.Size, layer.Size));
            return;
        }
        try
        {
            using ILayerIngest ingest = store.Begin(diffId, replace, _limits.ForBlob(layer.Size));
            await RunStagesAsync(layer, diffId, ingest, cancellation).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            ingest.Commit();
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
        progress.Report(new LayerProgress(layer.Digest, LayerState.PullComplete, layer.Size, layer.Size));
    }

    private async Task RunStagesAsync(
        Descriptor layer, Digest diffId, ILayerIngest ingest, CancellationToken cancellation)
    {
        var compressed = new Pipe(s_compressedPipe);
        var plain = new Pipe(s_plainPipe);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var failure = new FirstFailure(stop);
        Task download = failure.Watch(
            () => new DownloadStage(layer, source, _options, progress).RunAsync(compressed.Writer, stop.Token),
            e => compressed.Writer.Complete(e));
        Task decompress = failure.WatchThread(
            () => DecompressStage.Run(compressed.Reader, plain.Writer, stop.Token, _limits),
            e => { compressed.Reader.Complete(e); plain.Writer.Complete(e); });
        Task append = failure.WatchThread(
            () => IngestStage.Run(plain.Reader, ingest, diffId, stop.Token),
            e => plain.Reader.Complete(e));
        await Task.WhenAll(download, decompress, append).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        failure.Throw();
    }

    /// <summary>
    /// Keeps the failure that came first, the cause of all that follow, and stops the other stages. Their tasks never
    /// fail, so that all are over when it is thrown.
    /// </summary>
    private sealed class FirstFailure(CancellationTokenSource stop)
    {
        private ExceptionDispatchInfo? _first;

        public async Task Watch(Func<Task> stage, Action<Exception?> complete)
        {
            Exception? failure = null;
            try
            {
                await stage().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                failure = Note(e);
            }
            complete(failure);
        }

        public Task WatchThread(Action stage, Action<Exception?> complete) => Task.Factory.StartNew(
            () =>
            {
                Exception? failure = null;
                try
                {
                    stage();
                }
                catch (Exception e)
                {
                    failure = Note(e);
                }
                complete(failure);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        public void Throw() => _first?.Throw();

        private Exception Note(Exception e)
        {
            Interlocked.CompareExchange(ref _first, ExceptionDispatchInfo.Capture(e), null);
            stop.Cancel();
            return e;
        }
    }
}
