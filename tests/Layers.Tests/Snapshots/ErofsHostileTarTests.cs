using Skiff.Layers.Snapshots;

namespace Skiff.Layers.Tests.Snapshots;

public sealed class ErofsHostileTarTests : HostileTarContract
{
    private protected override ISnapshotter Open() => Snapshotters.Open(Sandbox.Root, Sandbox.RunRoot, "erofs");
}
