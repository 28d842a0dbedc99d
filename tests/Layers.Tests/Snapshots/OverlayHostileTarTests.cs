using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Snapshots;

public sealed class OverlayHostileTarTests : HostileTarContract
{
    private protected override ISnapshotter Open() => Snapshotters.Open(Sandbox.Root, Sandbox.RunRoot, "overlay");
}
