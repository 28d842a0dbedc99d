# The EROFS store's contract suite on a Debian kernel that mounts EROFS from plain files.
# program: Layers.Tests
# kernels: 6.12
# packages: util-linux-extra libsmartcols1
mkdir -p /tmp/bin
cat > /tmp/bin/fincore << 'SCRIPT'
#!/bin/sh
LD_LIBRARY_PATH=$(echo /payload/tools/usr/lib/*-linux-gnu) exec /payload/tools/usr/bin/fincore "$@"
SCRIPT
chmod +x /tmp/bin/fincore
PATH=$PATH:/tmp/bin
run_program Layers.Tests -class Skiff.Layers.Tests.Snapshots.ErofsSnapshotterTests
