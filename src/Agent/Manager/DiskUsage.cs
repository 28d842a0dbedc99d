using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Volumes;
using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Manager;

/// <summary>What everything takes on disk.</summary>
/// <param name="Images">Each image.</param>
/// <param name="Containers">Each container.</param>
/// <param name="Volumes">Each volume.</param>
/// <param name="LayerBytes">All layers, each counted once, also those that belong to no image (yet).</param>
/// <param name="UnusedLayerBytes">Those that no container needs.</param>
/// <param name="Partials">Downloads that were cut off, or are under way, and can be taken up.</param>
internal sealed record DiskUsage(
    IReadOnlyList<ImageUsage> Images, IReadOnlyList<ContainerUsage> Containers, IReadOnlyList<VolumeUsage> Volumes,
    long LayerBytes, long UnusedLayerBytes, IReadOnlyList<PartialLayer> Partials);

/// <summary>An image on disk.</summary>
/// <param name="Image">The image.</param>
/// <param name="SharedBytes">Bytes of its layers that other images have too.</param>
/// <param name="UniqueBytes">Bytes that its removal would free.</param>
/// <param name="Containers">How many containers were made from it.</param>
internal sealed record ImageUsage(Image Image, long SharedBytes, long UniqueBytes, int Containers);

/// <summary>A container on disk.</summary>
/// <param name="Config">The container.</param>
/// <param name="State">Its state.</param>
/// <param name="Bytes">What it has written over its image.</param>
/// <param name="RootBytes">That, and its layers.</param>
internal sealed record ContainerUsage(ContainerConfig Config, ContainerState State, long Bytes, long RootBytes);

/// <summary>A volume on disk.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Links">How many containers have it.</param>
/// <param name="Bytes">What is in it.</param>
internal sealed record VolumeUsage(Volume Volume, int Links, long Bytes);
