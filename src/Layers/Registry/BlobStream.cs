using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>
/// A blob's body. Reads that bring nothing for too long fail with <see cref="TimeoutException"/>; owns the response.
/// Asynchronous reads only.
/// </summary>
internal sealed class BlobStream(
    HttpResponseMessage response, Stream body, long skip, string authority, int idleTimeoutMs) : Stream
{
    private CancellationTokenSource? _patience;
    private long _skip = skip;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set =>
        throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A registry that ignores Range sends everything again; what the caller has is read over.
        while (_skip > 0)
        {
            int most = (int)Math.Min(_skip, buffer.Length);
            int count = await ReadPatientlyAsync(buffer[..most], cancellationToken).ConfigureAwait(false);
            if (count == 0) return 0;
            _skip -= count;
        }
        return await ReadPatientlyAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    public override void Flush() { }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
            response.Dispose();
            _patience?.Dispose();
        }
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadPatientlyAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        // The common read completes at once and needs no timer; the source is reused between reads.
        if (_patience is null || !_patience.TryReset())
        {
            _patience?.Dispose();
            _patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        }
        ValueTask<int> read = body.ReadAsync(buffer, _patience.Token);
        if (read.IsCompletedSuccessfully) return read.Result;
        _patience.CancelAfter(idleTimeoutMs);
        try
        {
            return await read.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"nothing came from registry {authority} for {idleTimeoutMs / 1000} s");
        }
    }
}
