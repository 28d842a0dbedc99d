using Skiff.Layers.Snapshots;

namespace Skiff.Agent.Images;

/// <summary>
/// When downloads that were cut off go (docs/decisions/009). One's age is the time since somebody last added to it.
/// Every pull drops those that are older than the time to keep them. Where room is needed (docs/decisions/011) they go
/// before any image: those that have not been used for as long as an image must not have been, if that is sooner.
/// <c>image prune</c> drops all. One that somebody is adding to always stays.
/// </summary>
/// <param name="layers">Where they are.</param>
/// <param name="keep">The time to keep them, SKIFF_KEEP_PARTIAL; null: a week.</param>
internal sealed class PartialDownloads(ISnapshotter layers, TimeSpan? keep)
{
    private readonly TimeSpan _keep = keep ?? TimeSpan.FromDays(7);

    /// <summary>Drops those that have become too old; returns the bytes.</summary>
    /// <param name="usedBefore">Where room is needed: when images must not have been used since; else null.</param>
    /// <param name="dryRun">Drops nothing.</param>
    public long Drop(DateTimeOffset? usedBefore = null, bool dryRun = false)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        TimeSpan maxAge = now - (usedBefore ?? DateTimeOffset.MinValue);
        if (maxAge > _keep) maxAge = _keep;
        if (!dryRun) return layers.DropPartials(maxAge);
        return layers.Partials().Where(partial => now - partial.LastUsed >= maxAge).Sum(partial => partial.Bytes);
    }

    /// <summary>Drops all; returns the bytes.</summary>
    public long DropAll() => layers.DropPartials(TimeSpan.Zero);
}
