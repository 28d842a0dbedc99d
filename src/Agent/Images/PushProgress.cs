using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>One event of a push.</summary>
/// <param name="DiffId">The layer.</param>
/// <param name="State">Where it is.</param>
/// <param name="DoneBytes">Compressed bytes sent.</param>
/// <param name="TotalBytes">Compressed bytes in all; 0 as long as nobody knows.</param>
/// <param name="From">The repository that a layer was mounted from.</param>
internal readonly record struct PushProgress(
    Digest DiffId, PushState State, long DoneBytes = 0, long TotalBytes = 0, string? From = null);
