using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry.Uploads;

/// <summary>
/// Lets a body run beside the connection that takes its bytes, one small pipe ahead of it, and makes the SHA-256 of
/// what passes. Can be set back to where an upload broke off; bytes that pass again are not hashed again.
/// </summary>
/// <param name="body">Whose bytes.</param>
/// <param name="aheadBytes">How far the body may be ahead.</param>
internal sealed class UploadFlow(IUploadBody body, int aheadBytes) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private CancellationTokenSource? _stop;
    private PipeReader? _reader;
    private Task _running = Task.CompletedTask;
    private long _hashed;
    private bool _isBetweenReads;

    /// <summary>The place of the next byte.</summary>
    public long Position { get; private set; }

    /// <summary>The digest of all bytes; they have to have passed.</summary>
    public Digest Digest() => Oci.Digest.FromBytes(_sha256.GetCurrentHash());

    /// <summary>Waits until so many bytes are there from <paramref name="position"/> on, or the last ones, and says how
    /// many of these are.</summary>
    public async Task<long> PeekAsync(long position, int bytes, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await SeekAsync(position, cancellation).ConfigureAwait(false);
            ReadResult read = await _reader!.ReadAtLeastAsync(bytes, cancellation).ConfigureAwait(false);
            long there = Math.Min(read.Buffer.Length, bytes);
            _reader.AdvanceTo(read.Buffer.Start);
            return there;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Writes so many bytes from <paramref name="position"/> on, or all when there are not so many.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="position">The place of the first one.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="waits">Called when the body has to be waited for.</param>
    /// <param name="moves">Called when the target is written to again, and after each piece that it has taken.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task CopyToAsync(
        Stream target, long position, long bytes, Action waits, Action moves, CancellationToken cancellation)
    {
        // A request that was given up may still be at it for a moment.
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await SeekAsync(position, cancellation).ConfigureAwait(false);
            _isBetweenReads = false;
            for (long end = bytes > long.MaxValue - position ? long.MaxValue : position + bytes; Position < end;)
            {
                ValueTask<ReadResult> reading = _reader!.ReadAsync(cancellation);
                if (!reading.IsCompleted) waits();
                ReadResult read = await reading.ConfigureAwait(false);
                moves();
                ReadOnlySequence<byte> piece = read.Buffer.Slice(0, Math.Min(end - Position, read.Buffer.Length));
                foreach (ReadOnlyMemory<byte> segment in piece)
                {
                    await target.WriteAsync(segment, cancellation).ConfigureAwait(false);
                    moves();
                }
                Pass(piece);
                if (read.IsCompleted && piece.IsEmpty) break;
            }
            _isBetweenReads = true;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
        _sha256.Dispose();
        _turn.Dispose();
    }

    private async Task SeekAsync(long position, CancellationToken cancellation)
    {
        if (_isBetweenReads && Position == position) return;
        await StopAsync().ConfigureAwait(false);
        // A registry may have more than what is known to have gone over, and all of it has to be hashed.
        Position = body.StartFor(Math.Min(position, _hashed));
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: aheadBytes, resumeWriterThreshold: aheadBytes / 2, minimumSegmentSize: 64 << 10,
            useSynchronizationContext: false));
        (_reader, _stop) = (pipe.Reader, CancellationTokenSource.CreateLinkedTokenSource(cancellation));
        _running = RunAsync(pipe.Writer, Position, _stop.Token);
        while (Position < position)
        {
            ReadResult read = await _reader.ReadAsync(cancellation).ConfigureAwait(false);
            if (read.Buffer.IsEmpty && read.IsCompleted) throw new ImageException(
                $"blob ends at byte {Position}: expected as many as {position}, which the registry has");
            Pass(read.Buffer.Slice(0, Math.Min(position - Position, read.Buffer.Length)));
        }
        _isBetweenReads = true;
    }

    private void Pass(in ReadOnlySequence<byte> piece)
    {
        foreach (ReadOnlyMemory<byte> segment in piece)
        {
            long known = Math.Min(_hashed - Position, segment.Length);
            _sha256.AppendData(segment.Span[(int)known..]);
            Position += segment.Length;
            _hashed = Math.Max(_hashed, Position);
        }
        _reader!.AdvanceTo(piece.End);
    }

    private async Task RunAsync(PipeWriter pipe, long start, CancellationToken cancellation)
    {
        Exception? failure = null;
        try
        {
            // The body may compress, which is work for another thread than the one that sends.
            await Task.Run(() => body.WriteAsync(pipe, start, cancellation), cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
        }
        await pipe.CompleteAsync(failure).ConfigureAwait(false);
    }

    private async Task StopAsync()
    {
        if (_reader is null) return;
        await _stop!.CancelAsync().ConfigureAwait(false);
        // A body that waits for room in the pipe is let go by the end of its reader.
        await _reader.CompleteAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
        (_reader, _stop, _isBetweenReads) = (null, null, false);
    }
}
