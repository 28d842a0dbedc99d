using System.Security.Cryptography;
using Skiff.Layers.Compression;
using Skiff.Layers.Oci;
using Skiff.Layers.Snapshots;
using Skiff.Layers.Tar;

namespace Skiff.Layers.Archives;

/// <summary>
/// A layer on its way from an archive into the store. What it is called is known only when its last byte has come.
/// </summary>
internal sealed class LayerEntry : IDisposable
{
    private readonly ISnapshotter _store;
    private readonly ILayerIngest _ingest;
    private readonly TarDigest _tar = new();
    private readonly IncrementalHash _blob = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly DecodingSink _decoder;

    /// <param name="store">The store.</param>
    /// <param name="limits">What is refused for its size.</param>
    /// <param name="ingest">Takes it in; owned from now on.</param>
    internal LayerEntry(ISnapshotter store, IngestLimits limits, ILayerIngest ingest)
    {
        (_store, _ingest) = (store, ingest);
        _decoder = new DecodingSink(AppendPlain, limits);
    }

    /// <summary>Takes the next bytes of the archive's entry.</summary>
    internal void Append(ReadOnlySpan<byte> bytes)
    {
        _blob.AppendData(bytes);
        _decoder.Append(bytes);
    }

    /// <summary>Makes the layer visible in the store, unless it is there already.</summary>
    internal ArchivedLayer Commit()
    {
        _decoder.Complete();
        Digest diffId = _tar.Current();
        if (!_store.Contains(diffId)) _ingest.Commit(diffId);
        return new ArchivedLayer(diffId, Digest.FromBytes(_blob.GetHashAndReset()), _tar.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _decoder.Dispose();
        _ingest.Dispose();
        _tar.Dispose();
        _blob.Dispose();
    }

    private void AppendPlain(ReadOnlySpan<byte> plain)
    {
        _ingest.Append(plain);
        _tar.Append(plain);
    }
}
