using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Hostile;

public sealed class ErofsHostileTests : HostileContract
{
    private protected override ISnapshotter Open() => Snapshotters.Open(Sandbox.Root, Sandbox.RunRoot, "erofs");
}
