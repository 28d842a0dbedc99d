# The EROFS store's contract suite on a Debian kernel that mounts EROFS from plain files.
# program: Layers.Tests
# kernels: 6.12
# packages: util-linux-extra libsmartcols1
mkdir -p /tmp/bin
printf '%s\n' '#!/bin/sh' 'LD_LIBRARY_PATH=$(echo /payload/tools/usr/lib/*-linux-gnu /payload/tools/lib/*-linux-gnu | tr " " :)' \
    'export LD_LIBRARY_PATH' 'exec /payload/tools/usr/bin/fincore "$@"' > /tmp/bin/fincore
chmod +x /tmp/bin/fincore
PATH=$PATH:/tmp/bin
run_program Layers.Tests -class Skiff.Layers.Tests.Snapshots.ErofsSnapshotterTests
