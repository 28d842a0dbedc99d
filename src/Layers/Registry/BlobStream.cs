using Skiff.Layers.Content;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Registry;

/// <summary>
/// A blob's body. Reads that bring nothing for too long fail with <see cref="TimeoutException"/>; owns the response.
/// Asynchronous reads only.
/// </summary>
/// <param name="response">What it is the body of.</param>
/// <param name="body">The same as a stream.</param>
/// <param name="skip">Bytes at its beginning that nobody wants.</param>
/// <param name="authority">For messages.</param>
/// <param name="link">Where it comes over.</param>
/// <param name="options">How long a read may bring nothing.</param>
/// <param name="rate">How fast; null for no limit.</param>
internal sealed class BlobStream(
    HttpResponseMessage response, Stream body, long skip, string authority, LinkActivity link,
    RegistryOptions options, RateLimit? rate)
    : ForwardStream
{
    private StallWatch? _watch;
    private long _skip = skip;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // A registry that ignores Range sends everything again; what the caller has is read over.
        while (_skip > 0)
        {
            int most = (int)Math.Min(_skip, buffer.Length);
            int count = await ReadSlowlyAsync(buffer[..most], cancellationToken).ConfigureAwait(false);
            if (count == 0) return 0;
            _skip -= count;
        }
        return await ReadSlowlyAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
            response.Dispose();
            _watch?.Dispose();
        }
        base.Dispose(disposing);
    }

    private ValueTask<int> ReadSlowlyAsync(Memory<byte> buffer, CancellationToken cancellation) =>
        rate is null ? ReadPatientlyAsync(buffer, cancellation) : ReadSlowlyAsync(rate, buffer, cancellation);

    private async ValueTask<int> ReadSlowlyAsync(RateLimit rate, Memory<byte> buffer, CancellationToken cancellation)
    {
        int most = Math.Min(rate.MaxBytes, buffer.Length);
        int count = await ReadPatientlyAsync(buffer[..most], cancellation).ConfigureAwait(false);
        await rate.SpendAsync(count, cancellation).ConfigureAwait(false);
        return count;
    }

    private async ValueTask<int> ReadPatientlyAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        _watch ??= new StallWatch(link, options.IdleTimeoutMs, options.LongestIdleMs, cancellation);
        ValueTask<int> read = body.ReadAsync(buffer, _watch.Token);
        // The common read completes at once and needs no timer.
        if (read.IsCompletedSuccessfully)
        {
            link.Received(read.Result);
            return read.Result;
        }
        _watch.Start();
        try
        {
            int count = await read.ConfigureAwait(false);
            link.Received(count);
            return count;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException(
                $"nothing came from registry {authority} for {_watch.WaitedMs / 1000} s");
        }
        finally
        {
            _watch.Stop();
        }
    }
}
