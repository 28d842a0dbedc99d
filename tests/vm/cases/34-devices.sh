# Only the devices of the list can be opened, whatever nodes a container makes; --device adds to the list,
# and so does a vendor's description.
# short: 6.12
need_image busybox
numbers=$(ls -l /dev/vda | awk '{ sub(",", "", $5); print $5, $6 }')
exit_of skiff run --rm --network none "$IMAGE" sh -c \
    "mknod /tmp/disk b $numbers && head -c 1 /tmp/disk"
[ $STATUS -ne 0 ] || fail "a disk that is not in the list could be read"
grep -q 'Operation not permitted' /tmp/out || fail "wanted EPERM, got: $(cat /tmp/out)"
exit_of skiff run --rm --network none "$IMAGE" sh -c \
    'mknod /tmp/kmsg c 1 11 && head -c 1 /tmp/kmsg'
grep -q 'Operation not permitted' /tmp/out || fail "kmsg: wanted EPERM, got: $(cat /tmp/out)"
exit_of skiff run --rm --network none "$IMAGE" sh -c \
    'mknod /tmp/zero c 1 5 && head -c 4 /tmp/zero | wc -c; echo x > /dev/null'
expect "status of a listed device" 0 $STATUS
expect "bytes of a listed device" 4 "$(cat /tmp/out)"
exit_of skiff run --rm --network none --device /dev/vda:/dev/disk "$IMAGE" sh -c 'head -c 512 /dev/disk | wc -c'
expect "bytes of an added device" 512 "$(cat /tmp/out)"
mkdir -p /etc/cdi
cat > /etc/cdi/acme.yaml << 'END'
cdiVersion: 0.5.0
kind: acme.com/disk
devices:
- name: whole
  containerEdits:
    deviceNodes: [ { path: /dev/acme, hostPath: /dev/vda } ]
- name: closed
  containerEdits:
    deviceNodes: [ { path: /dev/acme, hostPath: /dev/vda, permissions: none } ]
END
exit_of skiff run --rm --network none --device acme.com/disk=whole "$IMAGE" sh -c 'head -c 512 /dev/acme | wc -c'
expect "bytes of a device that a vendor describes" 512 "$(cat /tmp/out)"
exit_of skiff run --rm --network none --device acme.com/disk=closed "$IMAGE" head -c 512 /dev/acme
grep -q 'Operation not permitted' /tmp/out || fail "permissions none: wanted EPERM, got: $(cat /tmp/out)"
