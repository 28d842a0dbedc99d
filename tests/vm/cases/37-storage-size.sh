# --storage-opt size= and the option size of a volume are project quotas: what a container writes outside of its mounts,
# or into the volume, ends there, and the quota's number is free again when the container or the volume has gone.
# short: 6.12
modprobe loop 2> /dev/null || true
modprobe quota_v2 2> /dev/null || true
mkdir -p /tmp/quota
cp /payload/quota.img /tmp/quota.img
device=$(losetup -f --show /tmp/quota.img)
mount -t ext4 -o prjquota "$device" /tmp/quota || fail "the filesystem with quotas cannot be mounted"
need_image busybox
exit_of skiff create --storage-opt size=8m "$IMAGE" true
expect "status where there are no quotas" 125 $STATUS
grep -q 'prjquota' /tmp/out || fail "the reason is not named: $(cat /tmp/out)"
export SKIFF_ROOT=/tmp/quota/root
skiff pull "$IMAGE" > /dev/null
for round in 1 2; do
    skiff run -d --name limited --network none --storage-opt size=8m "$IMAGE" sleep 1000
    exit_of skiff exec limited dd if=/dev/zero of=/file bs=1M count=20
    expect "status of writing too much in round $round" 1 $STATUS
    grep -qE 'No space left|quota' /tmp/out || fail "wanted ENOSPC or EDQUOT, got: $(cat /tmp/out)"
    between "bytes that were written" 7000000 8400000 "$(skiff exec limited stat -c %s /file)"
    skiff exec limited dd if=/dev/zero of=/dev/shm/file bs=1M count=20 2> /dev/null
    exit_of skiff run --rm --network none "$IMAGE" dd if=/dev/zero of=/file bs=1M count=12
    expect "status of a container without a limit" 0 $STATUS
    skiff rm -f limited
done
# The same for a volume, whose number is free again, too.
for round in 1 2; do
    skiff volume create -o size=8m small > /dev/null
    exit_of skiff run --rm --network none -v small:/v "$IMAGE" dd if=/dev/zero of=/v/file bs=1M count=20
    expect "status of writing too much into a volume in round $round" 1 $STATUS
    between "bytes of the volume" 7000000 8400000 "$(stat -c %s "$SKIFF_ROOT/volumes/small/_data/file")"
    skiff run --rm --network none -v large:/v "$IMAGE" dd if=/dev/zero of=/v/file bs=1M count=12 2> /dev/null
    skiff volume rm small large > /dev/null
done
skiff system release > /dev/null
umount /tmp/quota
losetup -d "$device"
