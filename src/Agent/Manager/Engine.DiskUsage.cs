using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Agent.Volumes;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Manager;

/// <summary>What everything takes on disk.</summary>
internal sealed partial class Engine
{
    /// <summary>Measures images, containers and volumes, or only some of them. Layers that images share are counted
    /// once.</summary>
    public DiskUsage DiskUsage(bool ofImages = true, bool ofContainers = true, bool ofVolumes = true)
    {
        using StoreLock hold = Images.Hold();
        List<(ContainerConfig Config, ContainerState State)> containers = List(all: true);
        Dictionary<Digest, long> layers = Snapshotter.List().ToDictionary(layer => layer.DiffId, layer => layer.Bytes);
        HashSet<Digest> needed = [.. containers.SelectMany(c => c.Config.AllDiffIds).Select(Digest.Parse)];
        return new DiskUsage(ofImages ? ImagesOnDisk(containers, layers) : [],
            [.. containers.Where(_ => ofContainers).Select(c => UsageOf(c.Config, c.State, layers))],
            // As docker: what is mounted is on no disk of the engine's, and may be on a server that does not answer.
            [.. Volumes.List().Where(v => ofVolumes && !v.IsMounted).Select(v => new VolumeUsage(v,
                LinksTo(v, containers),
                TreeSize.Of(Volumes.DataDirectory(v.Name))))],
            ofImages ? layers.Values.Sum() : 0,
            layers.Where(layer => !needed.Contains(layer.Key)).Sum(layer => layer.Value),
            [.. Snapshotter.Partials()]);
    }

    /// <summary>Measures images alone, and counts their containers.</summary>
    public List<ImageUsage> ImageUsages()
    {
        using StoreLock hold = Images.Hold();
        return ImagesOnDisk(
            List(all: true), Snapshotter.List().ToDictionary(layer => layer.DiffId, layer => layer.Bytes));
    }

    /// <summary>The bytes that a container has written over its image, and those together with its layers.</summary>
    public (long Written, long Root) SizesOf(ContainerConfig config)
    {
        Dictionary<Digest, long> layers = [];
        foreach ((Digest diffId, long bytes) in Images.AllLayers()) layers[diffId] = bytes;
        long written = WrittenBy(config);
        return (written, written + LayersOf(config, layers));
    }

    private ContainerUsage UsageOf(ContainerConfig config, ContainerState state, Dictionary<Digest, long> layers)
    {
        long written = WrittenBy(config);
        return new ContainerUsage(config, state, written, written + LayersOf(config, layers));
    }

    private static long LayersOf(ContainerConfig config, Dictionary<Digest, long> layers) =>
        config.DiffIds.Distinct().Sum(id => layers.GetValueOrDefault(Digest.Parse(id)));

    private List<ImageUsage> ImagesOnDisk(
        List<(ContainerConfig Config, ContainerState State)> containers, Dictionary<Digest, long> layers)
    {
        List<Image> images = Images.List();
        Dictionary<Digest, int> owners = [];
        foreach (Image image in images)
            foreach (Digest diffId in image.DiffIds.Distinct())
                owners[diffId] = owners.GetValueOrDefault(diffId) + 1;
        List<ImageUsage> list = [];
        foreach (Image image in images)
        {
            long shared = 0, unique = 0;
            foreach (Digest diffId in image.DiffIds.Distinct())
                if (owners[diffId] > 1) shared += layers.GetValueOrDefault(diffId);
                else unique += layers.GetValueOrDefault(diffId);
            string id = image.Id.ToString();
            list.Add(new ImageUsage(image, shared, unique, containers.Count(c => c.Config.ImageId == id)));
        }
        return list;
    }

    /// <summary>The bytes that a container has written over its image.</summary>
    public long WrittenBy(ContainerConfig config) =>
        TreeSize.Of(Path.Combine(Containers.Directory(config.Id), "upper"));

    private static int LinksTo(Volume volume, List<(ContainerConfig Config, ContainerState State)> containers) =>
        containers.Count(c => Array.Exists(c.Config.Mounts, m => m.Type == "volume" && m.Source == volume.Name));
}
