using Skiff.Layers.Oci;

namespace Skiff.Layers.Archives;

/// <summary>A layer that an archive has brought into the store.</summary>
/// <param name="DiffId">The layer.</param>
/// <param name="Blob">Digest of the bytes in the archive, which may be compressed.</param>
/// <param name="PlainBytes">Length of its tar.</param>
internal readonly record struct ArchivedLayer(Digest DiffId, Digest Blob, long PlainBytes);
