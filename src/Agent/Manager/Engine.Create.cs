using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Manager;

/// <summary>Creating containers.</summary>
internal sealed partial class Engine
{
    private const int NameAttempts = 8;

    /// <summary>
    /// Creates a container from an image that is present. The name is reserved and the record durable when this returns
    /// (not
    /// flushed for a container that is removed at its end).
    /// </summary>
    /// <param name="asked">The flags; an empty name asks for a made-up one.</param>
    /// <param name="entrypoint"><c>--entrypoint</c>, or null.</param>
    /// <param name="image">The image.</param>
    public ContainerConfig Create(ContainerConfig asked, string? entrypoint, Image image)
    {
        Images.Records.Touch(image.Id);
        ContainerConfig config =
            ContainerFactory.Merge(asked with { ImageId = image.Id.ToString() }, entrypoint, image.Config);
        if (config.NetworkMode.StartsWith("container:", StringComparison.Ordinal))
            config =
                config with { NetworkMode = "container:"
                    + Containers.Find(config.NetworkMode["container:".Length..]).Id };
        foreach (string dependency in config.DependsOn) Containers.Find(Dependency.Parse(dependency).Name);
        foreach (Mount mount in config.Mounts)
            if (mount is { Type: "volume", Anonymous: false })
                Volumes.Create(mount.Source);
        if (config.Name.Length > 0)
        {
            Containers.Create(config);
            return config;
        }
        for (int attempt = 0; ; attempt++)
        {
            config = config with { Name = ContainerNames.Generate(attempt) };
            try
            {
                Containers.Create(config);
                return config;
            }
            catch (UsageException) when (attempt < NameAttempts)
            {
                // Taken: another one.
            }
        }
    }
}
