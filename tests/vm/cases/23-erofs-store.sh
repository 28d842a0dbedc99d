# The EROFS store's contract suite on a Debian kernel that mounts EROFS from plain files.
# program: Layers.Tests
# kernels: 6.12
run_program Layers.Tests -class Skiff.Layers.Tests.Snapshots.ErofsSnapshotterTests
