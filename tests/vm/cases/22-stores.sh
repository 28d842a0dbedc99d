# The contract suites of the layer stores on a Debian kernel: both stores where EROFS takes plain files (6.12), the
# overlay store where it does not (6.1).
# program: Layers.Tests
# kernels: 6.1 6.12
run_program Layers.Tests -class Skiff.Layers.Tests.Snapshots.OverlaySnapshotterTests
[ "$GROUND_KERNEL" = 6.1 ] || run_program Layers.Tests -class Skiff.Layers.Tests.Snapshots.ErofsSnapshotterTests
