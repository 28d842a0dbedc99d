using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;
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
    /// <param name="entrypoint">The user's entrypoint; null keeps the image's.</param>
    /// <param name="image">The image.</param>
    public ContainerConfig Create(ContainerConfig asked, string[]? entrypoint, Image image)
    {
        asked = LogDefaults.Apply(asked, Roots.LogsFile, DefaultLogDriver);
        Images.Records.Touch(image.Id);
        asked = asked with { Mounts = [.. WithMountsOfOthers(asked).Select(WithImage)] };
        ContainerConfig config =
            ContainerFactory.Merge(asked with { ImageId = image.Id.ToString() }, entrypoint, image.Config);
        config = config with
        {
            NetworkMode = ContainerNamespaces.Resolve(Containers, config.NetworkMode),
            PidMode = ContainerNamespaces.Resolve(Containers, config.PidMode),
            IpcMode = ContainerNamespaces.Resolve(Containers, config.IpcMode),
        };
        // As its /etc/hostname is the other's, so is its name.
        if (ContainerNamespaces.Joins(config.NetworkMode))
        {
            ContainerConfig owner = Containers.Find(config.NetworkMode[ContainerNamespaces.Joining.Length..]);
            config = config with { Hostname = owner.Hostname, Domainname = owner.Domainname };
        }
        config = UserRanges.Assign(config, Containers, Roots.Root, out FileLock? turn);
        using FileLock? held = turn;
        config = SelinuxLabels.Assign(config, Containers, out Fd? labelling);
        using Fd? heldToo = labelling;
        foreach (string link in config.Links) Containers.Find(Link.Parse(link).Name);
        foreach (string dependency in config.DependsOn) Containers.Find(Dependency.Parse(dependency).Name);
        foreach (Mount mount in config.Mounts)
            if (mount is { Type: "volume", Anonymous: false }) mount.VolumeOf(Volumes);
        if (config.Name.Length > 0)
        {
            Containers.Create(config);
            Events.Write(config, "create");
            return config;
        }
        for (int attempt = 0; ; attempt++)
        {
            config = config with { Name = ContainerNames.Generate(attempt) };
            try
            {
                Containers.Create(config);
                Events.Write(config, "create");
                return config;
            }
            catch (UsageException) when (attempt < NameAttempts)
            {
                // Taken: another one.
            }
        }
    }

    // An image that is mounted has to be there, as docker has it: only that of the container itself is pulled.
    private Mount WithImage(Mount mount)
    {
        if (mount.Type != "image" || mount.ImageId.Length > 0) return mount;
        Image image = Images.Find(mount.Source) ?? throw new UsageException(
            $"invalid mount config for type \"image\": No such image: {mount.Source}: pull it first", 125);
        Images.Records.Touch(image.Id);
        return mount with { ImageId = image.Id.ToString(), DiffIds = [.. image.DiffIds.Select(id => id.ToString())] };
    }

    // --volumes-from: what another container has mounted, unless the user mounts something else there.
    private Mount[] WithMountsOfOthers(ContainerConfig asked)
    {
        var mounts = new List<Mount>(asked.Mounts);
        foreach (string value in asked.VolumesFrom)
        {
            int colon = value.IndexOf(':');
            string mode = colon < 0 ? "" : value[(colon + 1)..];
            if (mode is not ("" or "ro" or "rw"))
                throw new UsageException($"invalid mode: {mode}: --volumes-from takes NAME, NAME:ro or NAME:rw", 125);
            foreach (Mount mount in Containers.Find(colon < 0 ? value : value[..colon]).Mounts)
                if (mount.Type != "tmpfs" && !mounts.Exists(own => own.Target == mount.Target))
                    mounts.Add(mount with { ReadOnly = mount.ReadOnly || mode == "ro", Anonymous = false });
        }
        return [.. mounts];
    }
}
