using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Pipeline;

/// <summary>The last stage of a pull: the uncompressed tar's SHA-256, which must be the DiffId, and the layer
/// store.</summary>
internal static class IngestStage
{
    /// <summary>Runs until the end of the tar and verifies the DiffId; the caller commits. Does not complete the
    /// pipe.</summary>
    /// <exception cref="ImageException">Another DiffId, or a tar that the store refuses.</exception>
    public static void Run(PipeReader plain, ILayerIngest ingest, Digest diffId, CancellationToken cancellation)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            ReadResult result = Blocking.Wait(plain.ReadAsync(CancellationToken.None));
            cancellation.ThrowIfCancellationRequested();
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                sha256.AppendData(segment.Span);
                ingest.Append(segment.Span);
            }
            plain.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) break;
        }
        Digest actual = Digest.FromBytes(sha256.GetHashAndReset());
        if (actual != diffId)
            throw new ImageException($"DiffId mismatch: expected {diffId}, got {actual}");
    }
}
