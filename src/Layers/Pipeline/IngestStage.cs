using System.IO.Pipelines;
using Skiff.Interop;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Pipeline;

/// <summary>
/// The last stage of a pull: the uncompressed tar's SHA-256, which must be the DiffId, and the layer store. It knows
/// how far the layer has come in and has that noted from time to time.
/// </summary>
/// <param name="blob">What is fetched.</param>
/// <param name="diffId">What it has to become.</param>
/// <param name="ingest">Where it goes; the caller's to dispose of.</param>
/// <param name="tar">The digest of what the ingest has already.</param>
/// <param name="checkpoints">Places in the blob, as their bytes come.</param>
/// <param name="options">How often to note them.</param>
/// <param name="from">Where an earlier pull was left.</param>
internal sealed class IngestStage(
    Digest blob, Digest diffId, ILayerIngest ingest, TarDigest tar, CheckpointQueue checkpoints,
    ResumeOptions options, ResumePoint? from)
{
    // From where another pull could go on; null when it might as well begin anew.
    private ResumePoint? _reached = from;
    private long _lastKeptMs = Environment.TickCount64;

    /// <summary>Runs until the end of the tar and verifies the DiffId. Does not complete the pipe.</summary>
    /// <exception cref="ImageException">Another DiffId, or a tar that the store refuses.</exception>
    public void Run(PipeReader plain, CancellationToken cancellation)
    {
        while (true)
        {
            ReadResult result = Blocking.Wait(plain.ReadAsync(CancellationToken.None));
            cancellation.ThrowIfCancellationRequested();
            ReadOnlyMemory<byte> segment = result.Buffer.First;
            Take(segment.Span);
            plain.AdvanceTo(result.Buffer.GetPosition(segment.Length));
            if (result.IsCompleted && segment.Length == result.Buffer.Length) break;
        }
        Digest actual = tar.Current();
        if (actual != diffId)
            throw new ImageException($"DiffId mismatch: expected {diffId}, got {actual}");
    }

    /// <summary>Makes the layer visible, after a <see cref="Run"/> that came to its end.</summary>
    /// <exception cref="ImageException">A tar that the store refuses.</exception>
    public void Commit() => ingest.Commit();

    /// <summary>Leaves what has come in for another pull, if that is possible and worth it.</summary>
    public void Suspend()
    {
        if (_reached is not { } point) return;
        try
        {
            ingest.Suspend(point);
        }
        catch (LinuxException)
        {
            // Why the pull ends is what its user has to hear. That may well be the same: a disk that is full.
        }
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (checkpoints.TryTake(tar.Length + bytes.Length, out DecoderCheckpoint place))
        {
            int before = (int)(place.PlainOffset - tar.Length);
            Append(bytes[..before]);
            bytes = bytes[before..];
            Reach(place);
        }
        Append(bytes);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        ingest.Append(bytes);
        tar.Append(bytes);
    }

    private void Reach(in DecoderCheckpoint place)
    {
        if (place.CompressedOffset < options.MinBytes) return;
        var point = new ResumePoint(blob, place, tar.Current());
        _reached = point;
        if (Environment.TickCount64 - _lastKeptMs < options.KeepEveryMs) return;
        if (ingest.Keep(point)) _lastKeptMs = Environment.TickCount64;
    }
}
