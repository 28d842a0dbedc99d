using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Pipeline;

/// <summary>
/// One go at a layer, from its beginning or from where an earlier one was left: the stages, each on a thread, and the
/// pipes between them. When it ends early, what has come in is kept, unless it is known to be wrong.
/// </summary>
/// <param name="download">The first stage.</param>
/// <param name="decoder">Where decoding goes on; null at a blob's beginning.</param>
/// <param name="checkpoints">Led from the second stage to the last.</param>
/// <param name="limits">What is refused for its size.</param>
/// <param name="ingest">The last stage.</param>
internal sealed class LayerRun(
    DownloadStage download, IBlobDecoder? decoder, CheckpointQueue checkpoints, IngestLimits limits,
    IngestStage ingest)
{
    // Inline continuations: the stages behind the pipes block on events, which setting costs less than a hop over the
    // pool. The one asynchronous stage, the download, is resumed on the pool.
    private static readonly PipeOptions s_compressedPipe = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.ThreadPool,
        pauseWriterThreshold: 512 << 10, resumeWriterThreshold: 256 << 10, minimumSegmentSize: 64 << 10,
        useSynchronizationContext: false);

    // Large enough to bridge the last stage's pauses for WriteBehind.
    private static readonly PipeOptions s_plainPipe = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline,
        pauseWriterThreshold: 2 << 20, resumeWriterThreshold: 3 << 19, minimumSegmentSize: 128 << 10,
        useSynchronizationContext: false);

    // The failure that came first is the cause of all that follow.
    private ExceptionDispatchInfo? _failure;

    /// <summary>Whether it failed since bytes were not what they should be, here or in what there was before.</summary>
    public bool BytesAreWrong { get; private set; }

    /// <summary>Whether the same layer from elsewhere might do: wrong bytes may be the sender's fault.</summary>
    public bool SenderMayBeWrong => BytesAreWrong && !download.BytesAreRight;

    /// <summary>Brings the layer in and makes it visible.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await RunStagesAsync(cancellation).ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            download.Report(LayerState.Extracting);
            ingest.Commit();
        }
        catch (Exception e)
        {
            // Whatever does not come from the registry is about the bytes.
            BytesAreWrong |= _failure is null && e is ImageException;
            if (!BytesAreWrong) ingest.Suspend();
            throw;
        }
    }

    private async Task RunStagesAsync(CancellationToken cancellation)
    {
        var compressed = new Pipe(s_compressedPipe);
        var plain = new Pipe(s_plainPipe);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // What came before a connection broke for good goes all the way, so that it need not come again: the stages
        // behind see the end of the bytes and not the failure.
        Task downloading = WatchAsync(
            () => download.RunAsync(compressed.Writer, stop.Token), e => TryNote(e, download.BytesAreWrong),
            _ => compressed.Writer.Complete());
        Task decompressing = WatchAsync(
            Threaded(() => DecompressStage.Run(
                compressed.Reader, plain.Writer, decoder, checkpoints, limits, stop.Token)),
            e => { if (TryNote(e, e is ImageException)) stop.Cancel(); },
            e =>
            {
                compressed.Reader.Complete(e);
                plain.Writer.Complete(_failure?.SourceException == e ? e : null);
            });
        Task appending = WatchAsync(
            Threaded(() => ingest.Run(plain.Reader, stop.Token)),
            e => { if (TryNote(e, e is ImageException)) stop.Cancel(); },
            e => plain.Reader.Complete(e));
        // None of them fails, so that all are over when the failure is thrown.
        await Task.WhenAll(downloading, decompressing, appending).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        _failure?.Throw();
    }

    // False for a failure that follows from an earlier one.
    private bool TryNote(Exception e, bool bytesAreWrong)
    {
        bool isFirst = Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null) is null;
        if (isFirst) BytesAreWrong = bytesAreWrong;
        return isFirst;
    }

    private static async Task WatchAsync(Func<Task> stage, Action<Exception> note, Action<Exception?> complete)
    {
        Exception? failure = null;
        try
        {
            await stage().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
            note(e);
        }
        complete(failure);
    }

    private static Func<Task> Threaded(Action stage) => () => Task.Factory.StartNew(
        stage, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
