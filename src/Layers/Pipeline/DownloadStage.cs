using System.IO.Pipelines;
using System.Security.Cryptography;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;

namespace Skiff.Layers.Pipeline;

/// <summary>
/// The first stage of a pull: socket to pipe, with the blob's SHA-256 on the way. A connection that breaks is taken up
/// again where it broke; the digest goes on as if nothing had happened.
/// </summary>
/// <param name="blob">What to fetch.</param>
/// <param name="source">From where; it is told when it fails, and another place may go on.</param>
/// <param name="options">How patiently.</param>
/// <param name="progress">Told about every piece.</param>
/// <param name="start">The first byte that is wanted. Without those before it the blob's digest cannot be checked: then
/// the DiffId alone tells whether all bytes are right, also those that an earlier pull has left.</param>
internal sealed class DownloadStage(
    Descriptor blob, IBlobSource source, RegistryOptions options, ILayerProgress progress, long start)
{
    private const int ChunkBytes = 64 << 10;

    // A place that has others beside it is tried so often at one byte.
    private const int PlaceRetries = 1;

    private readonly string _id = blob.Digest.Short;
    private readonly bool _isWhole = start == 0;
    private long _done = start;
    private int _failures;

    /// <summary>Whether the bytes are known not to be those that the digest names.</summary>
    public bool BytesAreWrong { get; private set; }

    /// <summary>Whether all bytes have come, and are those that the digest names.</summary>
    public bool BytesAreRight { get; private set; }

    /// <summary>
    /// Runs until the whole blob is written and verified, or until the next stage has stopped reading. Does not
    /// complete the pipe.
    /// </summary>
    /// <exception cref="ImageException">Wrong size or digest, or the registry failed too often.</exception>
    public async Task RunAsync(PipeWriter compressed, CancellationToken cancellation)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Report(_isWhole ? LayerState.Downloading : LayerState.Resuming);
        while (_done < blob.Size)
        {
            try
            {
                if (!await CopyAsync(compressed, sha256, cancellation).ConfigureAwait(false)) return;
            }
            catch (Exception e) when (RegistryErrors.IsTransient(e) && !cancellation.IsCancellationRequested)
            {
                string text = $"broke off at byte {_done} of {blob.Size}: {e.Message}";
                _failures++;
                if (_failures > PlaceRetries && source.LeaveLast(text)) _failures = 0;
                else if (_failures > options.Retries) throw new ImageException(text, e);
                else await Task.Delay(options.DelayBefore(_failures - 1), cancellation).ConfigureAwait(false);
            }
        }
        if (_isWhole) Verify(sha256);
        Report(LayerState.DownloadComplete);
    }

    /// <summary>Tells where the layer is, with the bytes that have come.</summary>
    public void Report(LayerState state) => progress.Report(new LayerProgress(_id, state, _done, blob.Size));

    private void Verify(IncrementalHash sha256)
    {
        Report(LayerState.VerifyingChecksum);
        Digest actual = Digest.FromBytes(sha256.GetHashAndReset());
        BytesAreRight = actual == blob.Digest;
        BytesAreWrong = !BytesAreRight;
        if (BytesAreWrong) throw new ImageException($"digest mismatch: expected {blob.Digest}, got {actual}");
    }

    // One connection's worth. False when the next stage has stopped.
    private async Task<bool> CopyAsync(PipeWriter compressed, IncrementalHash sha256, CancellationToken cancellation)
    {
        Stream body = await source.OpenAsync(_done, cancellation).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            while (true)
            {
                Memory<byte> chunk = compressed.GetMemory(ChunkBytes);
                int count = await body.ReadAsync(chunk, cancellation).ConfigureAwait(false);
                if (count == 0)
                    return _done == blob.Size ? true : throw new EndOfStreamException("the connection ended early");
                BytesAreWrong = _done + count > blob.Size;
                if (BytesAreWrong) throw new ImageException(
                    $"blob is too long: expected {blob.Size} bytes, got more");
                if (_isWhole) sha256.AppendData(chunk.Span[..count]);
                (_done, _failures) = (_done + count, 0);
                compressed.Advance(count);
                Report(LayerState.Downloading);
                FlushResult flushed = await compressed.FlushAsync(cancellation).ConfigureAwait(false);
                if (flushed.IsCompleted) return false;
            }
        }
    }
}
