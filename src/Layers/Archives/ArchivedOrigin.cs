using Skiff.Layers.Oci;

namespace Skiff.Layers.Archives;

/// <summary>
/// By what a registry knows an image of an archive. The archive has the layers uncompressed, so its own manifest is
/// another one; with this, whoever loads it knows the image by the same digest, and can push it under that.
/// </summary>
/// <param name="Name">Repository and digest.</param>
/// <param name="Documents">What the digest names, and if that is an index, the image's manifest too.</param>
public sealed record ArchivedOrigin(Reference Name, IReadOnlyList<byte[]> Documents);
