using Skiff.Layers.Oci;

namespace Skiff.Agent.Images;

internal sealed partial class ImageRemoval
{
    /// <summary>
    /// Removes images that no container has, running or not, and whose name nobody has pinned: those without a tag, or
    /// with <paramref name="all"/> any; and what belongs to no image, downloads that ended early included.
    /// </summary>
    /// <param name="all">Also those with tags.</param>
    /// <param name="filter">Says of each whether it may go.</param>
    public PruneResult Prune(bool all, Func<Image, bool> filter)
    {
        using StoreLock alone = store.Lock(exclusive: true, onWait);
        List<string> lines = [];
        Dictionary<Digest, long> before = store.Layers.List().ToDictionary(layer => layer.DiffId, layer => layer.Bytes);
        HashSet<Digest> used = [.. uses().Select(use => use.ImageId)];
        foreach (Image image in store.List())
        {
            if (used.Contains(image.Id) || image.IsPinned || !store.Records.IsOwn(image.Id)) continue;
            if (!(all || image.RepoTags.Count == 0) || !filter(image)) continue;
            List<Reference> names = [.. image.Names.Select(static name => name.Name)];
            store.Names.Remove(names);
            foreach (Reference name in names) lines.Add($"untagged: {name.Familiar}");
            store.Records.Remove(image.Id);
            lines.Add($"deleted: {image.Id}");
        }
        long bytes = store.Partials.DropAll();
        foreach (Digest diffId in Sweep())
        {
            bytes += before.GetValueOrDefault(diffId);
            lines.Add($"deleted: {diffId}");
        }
        return new PruneResult(lines, bytes);
    }
}
