using Skiff.Layers.Oci;

namespace Skiff.Layers.Archives;

/// <summary>An image in an archive.</summary>
/// <param name="Id">Digest of its config.</param>
/// <param name="Names">Tags that it has there; may be empty.</param>
/// <param name="Origins">At most one for the repository of each tag.</param>
public readonly record struct ArchivedImage(
    Digest Id, IReadOnlyList<Reference> Names, IReadOnlyList<ArchivedOrigin> Origins);
