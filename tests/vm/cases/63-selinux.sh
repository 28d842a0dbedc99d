# SELinux: containers have labels of their own with categories that nobody shares, and what the policy forbids is
# refused: files of the host, and other containers' files.
# short: 6.12
# boot: security=selinux enforcing=1
# policy: 63-selinux.cil
[ -d /sys/fs/selinux ] || skip "this kernel does not confine by SELinux"
expect "the policy" "1 system_u:system_r:host_t:s0" \
    "$(cat /sys/fs/selinux/enforce) $(tr -d '\0' < /proc/self/attr/current)"
label='cat /proc/self/attr/current | tr -d "\0"'
file_label() { getfattr --absolute-names -h --only-values -n security.selinux "$1" | tr -d '\0'; }
inspected() { skiff inspect --format "{{.$2}}" "$1"; }
run() { skiff run --rm --network none "$@"; }
prefix=system_u:system_r:container_t:s0:c files=system_u:object_r:container_file_t

# What is pulled now can be read by containers.
SKIFF_SELINUX=1 skiff info > /dev/null
need_image busybox

# Nobody has asked for it: no label, with an option or without.
expect "label while it is off" system_u:system_r:host_t:s0 \
    "$(run --security-opt label=type:special_t "$IMAGE" sh -c "$label")"
skiff system release
skiff info | grep -q selinux && fail "info names what is off"
export SKIFF_SELINUX=1
skiff info | grep -q '^Security Options: selinux' || fail "info does not name it"
skiff info --format json | grep -q '"name=selinux"' || fail "info does not name it in JSON"

# The label of every process of a container, and of all its files.
skiff run -d --name one --network none --tmpfs /t --health-cmd "$label > /health" --health-interval 1s \
    "$IMAGE" sleep 1000 > /dev/null
one=$(inspected one ProcessLabel)
case $one in "$prefix"*,c*) ;; *) fail "ProcessLabel is '$one'" ;; esac
level=${one#*:*:*:}
expect MountLabel "$files:$level" "$(inspected one MountLabel)"
expect "label of the first process" "$one" "$(tr -d '\0' < "/proc/$(field one Pid)/attr/current")"
expect "label of an exec" "$one" "$(skiff exec one sh -c "$label")"
eventually 20 skiff exec one test -s /health
expect "label of a health check" "$one" "$(skiff exec one cat /health)"
for path in / /bin/busybox /dev /dev/null /dev/pts /dev/shm /dev/mqueue /t /etc/hosts /etc/resolv.conf; do
    expect "label of $path" "$files:$level" "$(file_label "/proc/$(field one Pid)/root$path")"
done
for path in /var/lib/skiff/layers/*/root /run/skiff/layers/*/fs; do
    [ ! -e "$path" ] || expect "label of $path" system_u:object_r:container_ro_file_t:s0 "$(file_label "$path")"
done
skiff exec one sh -c 'echo x > /t/x; echo y > /y; cat /t/x /y /etc/hosts /proc/uptime > /dev/null' ||
    fail "could not use what is its own"
expect "label with a terminal and an init" "$prefix" \
    "$(run -t --init "$IMAGE" sh -c "$label" | sed 's/^\(.*:s0:c\).*/\1/')"
expect "label with no new privileges" "$prefix" \
    "$(run --security-opt no-new-privileges "$IMAGE" sh -c "$label" | sed 's/^\(.*:s0:c\).*/\1/')"

# What the policy denies to one type and allows to another.
mkdir -p /srv/data/sub
echo secret > /srv/data/file; echo deep > /srv/data/sub/file; ln -s /etc/passwd /srv/data/link
exit_of run -v /srv/data:/data "$IMAGE" cat /data/file
[ $STATUS -ne 0 ] || fail "read a file of the host"
grep -q 'Permission denied' /tmp/out || fail "not for want of permission: $(cat /tmp/out)"
expect "another type" secret "$(run -v /srv/data:/data --security-opt label=type:special_t "$IMAGE" cat /data/file)"
expect "no label" secret "$(run -v /srv/data:/data --security-opt label=disable "$IMAGE" cat /data/file)"

# z: for all containers. Z: for one. Symlinks are not followed.
before=$(file_label /etc/passwd)
expect "shared" "secret deep" "$(run -v /srv/data:/data:z "$IMAGE" cat /data/file /data/sub/file | tr '\n' ' ' |
    sed 's/ $//')"
expect "shared label" "$files:s0 $files:s0" "$(file_label /srv/data) $(file_label /srv/data/sub/file)"
expect "label of a link" "$files:s0" "$(file_label /srv/data/link)"
expect "label behind a link" "$before" "$(file_label /etc/passwd)"
skiff run -d --name two --network none -v /srv/data:/data:Z "$IMAGE" sleep 1000 > /dev/null
two=$(inspected two ProcessLabel)
[ "$one" != "$two" ] || fail "two containers have the same label $one"
expect "private label" "$files:${two#*:*:*:}" "$(file_label /srv/data/sub/file)"
expect "its own" deep "$(skiff exec two cat /data/sub/file)"
exit_of run -v /srv/data:/data "$IMAGE" cat /data/sub/file
[ $STATUS -ne 0 ] || fail "read another container's file"
expect "the same level" deep "$(run -v /srv/data:/data --security-opt "label=level:${two#*:*:*:}" "$IMAGE" \
    cat /data/sub/file)"
expect "shared namespace, shared label" "$two" "$(run --pid container:two "$IMAGE" sh -c "$label")"
skiff run -d --name three --ipc shareable --network none "$IMAGE" sleep 1000 > /dev/null
expect "shared IPC, shared label" "$(inspected three ProcessLabel)" \
    "$(run --ipc container:three "$IMAGE" sh -c "$label")"
exit_of run --ipc container:three --pid container:two "$IMAGE" true
grep -q "SELinux labels aren't the same" /tmp/out || fail "no word of different labels: $(cat /tmp/out)"
for path in / /etc /usr /home /root /var/lib; do
    mkdir -p $path
    exit_of run -v $path:/data:z "$IMAGE" true
    expect "exit code of $path:z" 125 $STATUS
    grep -q "error setting label on mount source '$path': SELinux relabeling of $path is not allowed" /tmp/out ||
        fail "no clear error of $path: $(cat /tmp/out)"
done

# Named volumes are for all containers from their first use on.
expect "a volume" "new" "$(run -v names:/v "$IMAGE" sh -c 'echo new > /v/new; cat /v/new')"
expect "a volume, again" "new" "$(run -v names:/v "$IMAGE" cat /v/new)"
expect "label of a volume" "$files:s0" "$(file_label /var/lib/skiff/volumes/names/_data)"

# No label.
for flags in --privileged "--pid host" "--ipc host"; do
    expect "label with $flags" system_u:system_r:host_t:s0 "$(run $flags "$IMAGE" sh -c "$label")"
done
skiff create --name four --security-opt label=disable "$IMAGE" true > /dev/null
expect "ProcessLabel without a label" "" "$(inspected four ProcessLabel)"
expect "MountLabel without a label" "$files:s0:c1022,c1023" "$(inspected four MountLabel)"
run "$IMAGE" test -e /sys/fs/selinux/enforce && fail "sees SELinux"
run --security-opt label=nested "$IMAGE" test -e /sys/fs/selinux/enforce || fail "sees no SELinux"
exit_of run --security-opt label=type:no_such_t "$IMAGE" true
expect "exit code of an unknown type" 125 $STATUS
grep -q 'no_such_t' /tmp/out || fail "no clear error: $(cat /tmp/out)"
skiff run -d --name five --security-opt label=filetype:file_t --security-opt label=type:special_t "$IMAGE" \
    sleep 1000 > /dev/null
expect "type of files" system_u:object_r:file_t "$(file_label "/proc/$(field five Pid)/root/bin" | cut -d : -f 1-3)"

# Labels are kept: by a restart, and from those who come later.
skiff restart -t 0 two > /dev/null
expect "label after a restart" "$two" "$(skiff exec two sh -c "$label")"
creates=
for i in 1 2 3 4 5 6 7 8; do
    skiff create --name "many$i" "$IMAGE" true > /dev/null &
    creates="$creates $!"
done
wait $creates
expect "labels of eight at once" 8 \
    "$(for i in 1 2 3 4 5 6 7 8; do inspected many$i ProcessLabel; done | sort -u | wc -l)"

# With a user namespace, and a file that says what containers are.
SKIFF_SUBIDS=100000:655360 run --userns auto "$IMAGE" sh -c "$label" | grep -q "$prefix" ||
    fail "no label in a user namespace"
mkdir -p /etc/selinux/targeted/contexts
printf 'process = "system_u:system_r:special_t:s0"\nfile = "system_u:object_r:container_file_t:s0"\n' \
    > /etc/selinux/targeted/contexts/lxc_contexts
run "$IMAGE" sh -c "$label" | grep -q '^system_u:system_r:special_t:s0:c' || fail "lxc_contexts counts for nothing"

# The OCI runtime sets the labels that another engine has chosen.
bundle=/tmp/bundle
label_of_bundle="$files:s0:c5,c6"
mkdir -p $bundle/rootfs /srv/bound
echo bound > /srv/bound/file
skiff create --name root "$IMAGE" && skiff export root | tar -x -C $bundle/rootfs
find $bundle/rootfs -exec setfattr -h -n security.selinux -v "$label_of_bundle" {} +
cat > $bundle/config.json << C
{"ociVersion": "1.0.2", "root": {"path": "rootfs"},
 "process": {"args": ["sleep", "1000"], "cwd": "/", "env": ["PATH=/bin:/usr/bin"],
             "selinuxLabel": "system_u:system_r:container_t:s0:c5,c6"},
 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
            {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue"},
            {"destination": "/bound", "type": "bind", "source": "/srv/bound", "options": ["bind", "Z"]}],
 "linux": {"mountLabel": "$label_of_bundle", "maskedPaths": ["/proc/acpi", "/bin/none"],
           "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}]}}
C
skiff oci run --detach --bundle $bundle labelled > /tmp/out 2>&1 < /dev/null || fail "oci run: $(cat /tmp/out)"
pid=$(skiff oci state labelled | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
expect "label by the OCI runtime" system_u:system_r:container_t:s0:c5,c6 "$(tr -d '\0' < "/proc/$pid/attr/current")"
expect "label of its exec" system_u:system_r:container_t:s0:c5,c6 "$(skiff oci exec labelled sh -c "$label")"
expect "label by an option" system_u:system_r:special_t:s0 \
    "$(skiff oci exec --process-label system_u:system_r:special_t:s0 labelled sh -c "$label")"
for path in /dev /dev/null /dev/mqueue /bound/file; do
    expect "label of $path" "$label_of_bundle" "$(file_label "/proc/$pid/root$path")"
done
expect "what is bound" bound "$(skiff oci exec labelled cat /bound/file)"
skiff oci delete --force labelled
