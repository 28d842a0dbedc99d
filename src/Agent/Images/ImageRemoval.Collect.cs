using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

internal sealed partial class ImageRemoval
{
    /// <summary>
    /// Makes room: removes downloads that ended early and what else belongs to no image, then images, the one first
    /// that has been unused for longest, until there is enough. An image stays when a container has it, when a name of
    /// it is pinned, or when a name of it was given here and not by a registry, so that nobody could pull it again.
    /// </summary>
    /// <param name="usedBefore">Images that were used later than this stay, too; of downloads see
    /// <see cref="PartialDownloads"/>.</param>
    /// <param name="isEnough">Asked before each image, with the bytes that have been freed so far.</param>
    /// <param name="dryRun">Says what would go, and removes nothing.</param>
    /// <param name="wait">Waits for pulls to end. Without it the result is null when there are any.</param>
    /// <param name="expected">The layers of an image that is about to be pulled: those stay that are there, and so do
    /// downloads that the pull may take up.</param>
    public PruneResult? Collect(DateTimeOffset usedBefore, Func<long, bool> isEnough, bool dryRun, bool wait,
        IReadOnlyCollection<Digest>? expected = null)
    {
        using StoreLock? held = wait ? store.Lock(exclusive: !dryRun, onWait) : store.TryLock();
        if (held is null) return null;
        Dictionary<Digest, long> bytes = store.Layers.List().ToDictionary(layer => layer.DiffId, layer => layer.Bytes);
        HashSet<Digest> used = [.. uses().Select(use => use.ImageId)];
        List<Image> images = store.List();
        Dictionary<Digest, int> owners = OwnersOfLayers(images, used);
        foreach (Digest layer in expected ?? []) owners[layer] = owners.GetValueOrDefault(layer) + 1;
        List<string> lines = [];
        long freed = store.Partials.Drop(expected is null ? usedBefore : null, dryRun);
        foreach (Digest orphan in bytes.Keys)
            if (!owners.ContainsKey(orphan)) Gone(orphan);
        if (!dryRun && lines.Count > 0) Sweep(expected);
        foreach (Image image in Collectable(images, used, usedBefore))
        {
            if (isEnough(freed)) break;
            foreach ((Reference name, _) in image.Names) lines.Add($"untagged: {name.Familiar}");
            lines.Add($"deleted: {image.Id}");
            foreach (Digest layer in image.DiffIds.Distinct())
                if (--owners[layer] == 0) Gone(layer);
            if (!dryRun) Remove(image, expected);
        }
        return new PruneResult(lines, freed);

        void Gone(Digest layer)
        {
            freed += bytes.GetValueOrDefault(layer);
            lines.Add($"deleted: {layer}");
        }
    }

    // Its layers go at once, so that whoever looks at the disk sees how much room there is now.
    private void Remove(Image image, IReadOnlyCollection<Digest>? expected)
    {
        store.Names.Remove([.. image.Names.Select(static name => name.Name)]);
        store.Records.Remove(image.Id);
        Sweep(expected);
    }

    private IEnumerable<Image> Collectable(List<Image> images, HashSet<Digest> used, DateTimeOffset usedBefore) =>
        images.Where(image => !used.Contains(image.Id) && !image.IsPinned && store.Records.IsOwn(image.Id)
                && CanBePulledAgain(image))
            .Select(image => (Image: image, LastUse: store.Records.LastUse(image.Id)))
            .Where(candidate => candidate.LastUse < usedBefore)
            .OrderBy(candidate => candidate.LastUse)
            .Select(candidate => candidate.Image);

    // One without a name is what a tag has left behind when it moved: nobody asks for it by name.
    private static bool CanBePulledAgain(Image image) =>
        image.Names.All(static name => name.Record.Digest is not null);

    private Dictionary<Digest, int> OwnersOfLayers(List<Image> images, HashSet<Digest> used)
    {
        Dictionary<Digest, int> owners = [];
        HashSet<Digest> ids = [.. images.Select(image => image.Id)];
        foreach (Image image in images) Count(image.DiffIds);
        // A container may have outlived its image.
        foreach (Digest id in used)
            if (!ids.Contains(id) && store.Content.TryGet(id) is { } config)
                Count(ImageConfig.Parse(config).RootFs.DiffIds);
        return owners;

        void Count(IReadOnlyList<Digest> diffIds)
        {
            foreach (Digest diffId in diffIds.Distinct()) owners[diffId] = owners.GetValueOrDefault(diffId) + 1;
        }
    }
}
