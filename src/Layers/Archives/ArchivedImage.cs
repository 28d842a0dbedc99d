using Skiff.Layers.Oci;

namespace Skiff.Layers.Archives;

/// <summary>An image in an archive.</summary>
/// <param name="Id">Digest of its config.</param>
/// <param name="Names">Tags that it has there; may be empty.</param>
public readonly record struct ArchivedImage(Digest Id, IReadOnlyList<Reference> Names);
