using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Hostile;

public sealed class OverlayHostileTests : HostileContract
{
    private protected override ISnapshotter Open() => Snapshotters.Open(Sandbox.Root, Sandbox.RunRoot, "overlay");
}
