namespace Skiff.PowerCut;

/// <summary>
/// Compares what the engine shows after a boot with what must be there. What both the world before the command in
/// flight and the one after it have must be there, what neither has must not; the rest may.
/// </summary>
/// <param name="before">All that was acknowledged.</param>
/// <param name="after">The same with the command that was in flight.</param>
internal sealed class Observation(World before, World after)
{
    /// <summary>What is not as it must be.</summary>
    public List<string> Defects { get; } = [];

    /// <summary>Takes what is shown for the truth from now on, as far as the worlds know more about it.</summary>
    /// <param name="names">Tag and image; tags that are <c>&lt;none&gt;:&lt;none&gt;</c> tell of images alone.</param>
    /// <param name="containers">Name and image.</param>
    /// <param name="volumes">Names.</param>
    public World Settle(
        IReadOnlyList<(string Name, string Image)> names, IReadOnlyList<(string Name, string Image)> containers,
        IReadOnlyList<string> volumes)
    {
        Dictionary<string, string> tags = names.Where(row => row.Name != "<none>:<none>")
            .ToDictionary(row => row.Name, row => row.Image);
        HashSet<string> images = [.. names.Select(row => row.Image)];
        Compare("tag", before.Names, after.Names, tags);
        Compare("container", before.Containers, after.Containers, containers.ToDictionary(c => c.Name, c => c.Image));
        CompareKeys("image", before.Images, after.Images, images);
        CompareKeys("volume", before.Volumes.Keys.ToHashSet(), after.Volumes.Keys.ToHashSet(), [.. volumes]);
        var settled = new World { Images = [.. images] };
        foreach ((string name, string image) in tags) settled = settled.Name(name, image);
        foreach ((string name, string image) in containers)
            settled = settled with { Containers = settled.Containers.SetItem(name, image) };
        foreach (string volume in volumes)
            settled = settled with
            {
                Volumes = settled.Volumes.SetItem(volume, before.Volumes.GetValueOrDefault(volume, [])),
            };
        return settled;
    }

    private void Compare(
        string kind, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after,
        Dictionary<string, string> seen)
    {
        foreach (string key in before.Keys.Union(after.Keys).Union(seen.Keys))
        {
            string? old = before.GetValueOrDefault(key), young = after.GetValueOrDefault(key);
            string? got = seen.GetValueOrDefault(key);
            if (got == old || got == young || (young == Operation.UnknownImage && got is not null)) continue;
            string wanted = old == young ? $"{old ?? "nothing"}" : $"{old ?? "nothing"} or {young ?? "nothing"}";
            Defects.Add($"{kind} {key}: expected {wanted}, got {got ?? "nothing"}");
        }
    }

    private void CompareKeys(string kind, IReadOnlySet<string> before, IReadOnlySet<string> after, HashSet<string> seen)
    {
        foreach (string lost in before.Intersect(after).Except(seen)) Defects.Add($"{kind} {lost} is lost");
        string[] surplus = [.. seen.Except(before).Except(after)];
        if (surplus.Length == (after.Contains(Operation.UnknownImage) ? 1 : 0)) return;
        foreach (string foreign in surplus)
            if (!after.Contains(Operation.UnknownImage) || surplus.Length > 1)
                Defects.Add($"{kind} {foreign} should not be there");
    }
}
