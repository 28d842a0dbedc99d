using Skiff.Layers.Oci;

namespace Skiff.Layers.Archives;

/// <summary>An image that an archive has; its layers are in the store.</summary>
/// <param name="Config">The config's bytes, whose digest is the image's id.</param>
/// <param name="Manifest">The manifest's bytes: the archive's, or one made for the layers as the store has
/// them.</param>
/// <param name="Names">Tags that the archive gives it; may be empty.</param>
/// <param name="Origins">By what registries know it; of the repositories of its tags.</param>
public sealed record LoadedImage(
    byte[] Config, byte[] Manifest, IReadOnlyList<Reference> Names, IReadOnlyList<ArchivedOrigin> Origins);
