using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>What came of a push.</summary>
/// <param name="Digest">The manifest's.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Known">The digest that a registry knew the image by before; null for a new one.</param>
/// <param name="Why">What kept the manifest from being that one; null when nothing did.</param>
internal sealed record PushResult(Digest Digest, int Bytes, Digest? Known, string? Why);
