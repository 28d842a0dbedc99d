using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>What came of a pull.</summary>
/// <param name="Image">The image.</param>
/// <param name="Digest">The registry's name for it: the index's digest, or else the manifest's.</param>
/// <param name="Changed">False when the name stood for this very image already.</param>
internal sealed record PullResult(Image Image, Digest Digest, bool Changed);
