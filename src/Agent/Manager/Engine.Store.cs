using Skiff.Agent.Images;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Pipeline;

namespace Skiff.Agent.Manager;

/// <summary>Care for the store.</summary>
internal sealed partial class Engine
{
    /// <summary>
    /// Checks the whole store. With <paramref name="repairing"/>, heals what can be healed and removes what nothing
    /// needs.
    /// </summary>
    /// <param name="progress">Told about layers as they are read.</param>
    /// <param name="repairing">Told about downloads; null to look only.</param>
    /// <param name="cancellation">Ends it.</param>
    public StoreReport CheckStore(
        ICheckProgress progress, IPullProgress? repairing, CancellationToken cancellation)
    {
        StoreReport report;
        using (Images.Hold())
        {
            StoreRepair? repair = repairing is null ? null
                : new StoreRepair(Images, repairing, null, null, cancellation);
            report = new StoreCheck(Images, ImageUses, progress, repair).Run(cancellation);
        }
        if (repairing is not null) RemoveUnneeded(report);
        return report;
    }

    /// <summary>The filesystem of the durable root.</summary>
    public FilesystemStatus Disk()
    {
        Files.MakeDirectories(Roots.Root);
        Errno errno = Files.TryStatFs(Roots.Root, out FilesystemStatus disk);
        return errno == Errno.None ? disk : throw new LinuxException(errno, "statfs", Roots.Root);
    }

    /// <summary>
    /// Removes unused images, least recently used first, from a disk that is fuller than the high watermark, until it
    /// is not fuller than the low one; see <see cref="ImageRemoval.Collect"/>.
    /// </summary>
    /// <param name="marks">When to begin and to stop.</param>
    /// <param name="usedBefore">Images that were used later stay.</param>
    /// <param name="dryRun">Says what would go, and removes nothing.</param>
    /// <param name="wait">Waits for pulls to end. Without it the result is null when there are any.</param>
    public PruneResult? MakeRoom(Watermarks marks, DateTimeOffset usedBefore, bool dryRun, bool wait)
    {
        if (!marks.High.IsExceeded(Disk())) return new PruneResult([], 0);
        (FilesystemStatus Disk, long Freed)? start = null;
        return new ImageRemoval(Images, ImageUses).Collect(usedBefore, IsEnough, dryRun, wait);

        // Some filesystems give space back a little later than files: both what was removed and what the kernel says
        // count, so that no image goes in vain.
        bool IsEnough(long freed)
        {
            // Asked first when nobody else fills the disk any more.
            start ??= (Disk(), dryRun ? 0 : freed);
            FilesystemStatus expected = start.Value.Disk.WithFreed(freed - start.Value.Freed);
            return !marks.Low.IsExceeded(expected) || !marks.Low.IsExceeded(Disk());
        }
    }

    private void RemoveUnneeded(StoreReport report)
    {
        bool found = report.Notes.Count > 0 || report.Defects.Exists(d => d is { Repair: null, Images.Count: 0 });
        // Without an image's config nobody knows what it needs.
        if (!found || report.Defects.Exists(d => d is { Repair: null, Images.Count: > 0 })) return;
        HashSet<Digest> gone = new ImageRemoval(Images, ImageUses).CollectGarbage();
        report.Notes.Clear();
        foreach (StoreDefect defect in report.Defects)
        {
            bool removed = Digest.TryParse(defect.Subject, out Digest layer) ? gone.Contains(layer)
                : defect.Kind == StoreDefectKind.Stray && !Files.Exists(defect.Subject);
            if (defect.Repair is null && removed) defect.Repair = "removed: nothing needs it";
        }
    }
}
