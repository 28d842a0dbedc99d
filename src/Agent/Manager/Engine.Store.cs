using Skiff.Agent.Images;
using Skiff.Interop;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Manager;

/// <summary>Care for the store.</summary>
internal sealed partial class Engine
{
    /// <summary>
    /// For how long an image stays that was used, when nobody asked for its removal by name: whoever pulls several
    /// images and then starts containers must not lose the first ones meanwhile.
    /// </summary>
    public static readonly TimeSpan ImageGrace = TimeSpan.FromHours(1);

    /// <summary>
    /// Checks the whole store. With <paramref name="repairing"/>, heals what can be healed and removes what nothing
    /// needs.
    /// </summary>
    /// <param name="progress">Told about layers as they are read.</param>
    /// <param name="repairing">Told about downloads; null to look only.</param>
    /// <param name="cancellation">Ends it.</param>
    public StoreReport CheckStore(
        ICheckProgress progress, IImageProgress? repairing, CancellationToken cancellation)
    {
        StoreReport report;
        using (Images.Hold())
        {
            StoreRepair? repair = repairing is null ? null
                : new StoreRepair(Images, repairing, null, cancellation);
            report = new StoreCheck(Images, ImageUses, progress, repair).Run(cancellation);
            if (repair is not null) Images.LayersChanged();
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
    /// <param name="incoming">Bytes that count as taken already, for an image with these layers.</param>
    public PruneResult? MakeRoom(Watermarks marks, DateTimeOffset usedBefore, bool dryRun, bool wait,
        (long Bytes, IReadOnlyCollection<Digest>? Layers) incoming = default)
    {
        if (!marks.High.IsExceeded(Disk().WithFreed(-incoming.Bytes))) return new PruneResult([], 0);
        (FilesystemStatus Disk, long Freed)? start = null;
        return new ImageRemoval(Images, ImageUses).Collect(usedBefore, IsEnough, dryRun, wait, incoming.Layers);

        // Some filesystems give space back a little later than files: both what was removed and what the kernel says
        // count, so that no image goes in vain.
        bool IsEnough(long freed)
        {
            // Asked first when nobody else fills the disk any more.
            start ??= (Disk(), dryRun ? 0 : freed);
            FilesystemStatus expected = start.Value.Disk.WithFreed(freed - start.Value.Freed - incoming.Bytes);
            return !marks.Low.IsExceeded(expected) || !marks.Low.IsExceeded(Disk().WithFreed(-incoming.Bytes));
        }
    }

    /// <summary>
    /// Before a pull: makes room for its layers when watermarks are set (<see cref="StateRoots.Gc"/>) and the pull
    /// would take the disk beyond the high one. Other pulls are waited for only where this one would not fit beside
    /// what is there; the caller must not hold the store.
    /// </summary>
    /// <param name="bytes">About what is to come.</param>
    /// <param name="layers">All layers of the image.</param>
    /// <param name="log">Takes a line for each thing that goes.</param>
    public void MakeRoomFor(long bytes, IReadOnlyCollection<Digest> layers, Action<string> log)
    {
        if (Roots.Gc is not { } marks || bytes == 0) return;
        bool wait = Disk().FreeBytes < (ulong)bytes;
        PruneResult? result = MakeRoom(marks, DateTimeOffset.UtcNow - ImageGrace, dryRun: false, wait, (bytes, layers));
        foreach (string line in result?.Lines ?? []) log($"making room: {line}");
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
