using System.Security.Cryptography;
using Skiff.Layers.Oci;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Snapshots;

/// <summary>Makes a committed layer of what a container changed.</summary>
public static class LayerCommit
{
    /// <summary>
    /// Streams the upper directory of an overlay into the store as one layer, and returns that with the length of its
    /// tar; the same content gives the same DiffId. Null when the directory is empty: then there is no layer. When this
    /// throws, also by cancellation, nothing of the layer is left.
    /// </summary>
    /// <param name="store">Where the layer goes; the caller keeps it from being removed until an image has it.</param>
    /// <param name="upper">The upper directory; only read.</param>
    /// <param name="limits">What is refused for its size; null for the defaults.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ImageException">Something in the directory cannot be in a layer; the text names it.</exception>
    public static (Digest DiffId, long Bytes)? Run(
        ISnapshotter store, string upper, IngestLimits? limits, CancellationToken cancellation)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long bytes = 0;
        using ILayerIngest ingest = store.Begin(null, limits: limits);
        using var tar = new UpperTar(upper, Append, cancellation);
        if (!tar.Write()) return null;
        Digest diffId = Digest.FromBytes(sha256.GetHashAndReset());
        ingest.Commit(diffId);
        return (diffId, bytes);

        void Append(ReadOnlySpan<byte> piece)
        {
            bytes += piece.Length;
            sha256.AppendData(piece);
            ingest.Append(piece);
        }
    }
}
