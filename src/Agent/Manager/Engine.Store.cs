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
