using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

/// <summary>What an image is to be made of.</summary>
/// <param name="Base">The image that the container was made from.</param>
/// <param name="Upper">The directory with what the container changed.</param>
/// <param name="Config">What containers of the new image get, before <paramref name="Changes"/>.</param>
/// <param name="Changes">Dockerfile instructions; see <see cref="ConfigChanges"/>.</param>
/// <param name="CreatedBy">The container's command, for the history.</param>
/// <param name="Author">Empty for none.</param>
/// <param name="Message">Empty for none.</param>
internal sealed record CommitRequest(
    Digest Base, string Upper, ContainerDefaults Config, IReadOnlyList<string> Changes, string CreatedBy, string Author,
    string Message);
