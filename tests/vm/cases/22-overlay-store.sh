# The overlay store's contract suite on a Debian kernel.
# program: Layers.Tests
# kernels: 6.1 6.12
run_program Layers.Tests -class Skiff.Layers.Tests.Snapshots.OverlaySnapshotterTests
