using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>A container that was made from an image, or has it mounted.</summary>
/// <param name="ContainerId">Its full id.</param>
/// <param name="ImageId">The image.</param>
/// <param name="Running">Running or paused; a stopped container may lose its image by force.</param>
internal readonly record struct ImageUse(string ContainerId, Digest ImageId, bool Running);
