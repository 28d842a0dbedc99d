# The OCI runtime: each limit of linux.resources arrives in its file, update changes it, and what is over it ends.
# short: 6.12
need_image busybox
disk=$(cat /sys/block/vda/dev)
bundle=/tmp/bundle
mkdir -p $bundle/rootfs
skiff create --name root "$IMAGE" && skiff export root | tar -x -C $bundle/rootfs && skiff rm root
config() {
    cat > $bundle/config.json << C
{"ociVersion": "1.0.2", "root": {"path": "rootfs"},
 "process": {"args": ["sh", "-c", "$2"], "cwd": "/", "env": ["PATH=/bin:/usr/bin"]},
 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
 "linux": {"cgroupsPath": "/boxes/limited", "namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "cgroup"}],
           "resources": $1}}
C
}
config '{"memory": {"limit": 67108864, "reservation": 33554432, "swap": 100663296}, "pids": {"limit": 50},
    "cpu": {"quota": 50000, "period": 100000, "shares": 512, "cpus": "1", "burst": 10000},
    "blockIO": {"throttleWriteBpsDevice": [{"major": '${disk%:*}', "minor": '${disk#*:}', "rate": 1048576}]},
    "unified": {"memory.high": "60000000"}}' 'sleep 1000'
skiff oci run --detach --bundle $bundle limited > /tmp/out 2>&1 < /dev/null || fail "run: $(cat /tmp/out)"
cgroup=/sys/fs/cgroup/boxes/limited
expect "memory.max" 67108864 "$(cat $cgroup/memory.max)"
expect "memory.low" 33554432 "$(cat $cgroup/memory.low)"
expect "memory.high" 59998208 "$(cat $cgroup/memory.high)"
[ ! -e $cgroup/memory.swap.max ] || expect "memory.swap.max" 33554432 "$(cat $cgroup/memory.swap.max)"
expect "pids.max" 50 "$(cat $cgroup/pids.max)"
expect "cpu.max" "50000 100000" "$(cat $cgroup/cpu.max)"
expect "cpu.max.burst" 10000 "$(cat $cgroup/cpu.max.burst)"
expect "cpuset.cpus" 1 "$(cat $cgroup/cpuset.cpus)"
grep -q "^$disk .*wbps=1048576" $cgroup/io.max || fail "io.max has $(cat $cgroup/io.max)"
echo '{"pids": {"limit": 20}, "memory": {"limit": 134217728}}' | skiff oci update --resources - limited
skiff oci update --cpu-quota 20000 --cpu-period 100000 limited
expect "pids.max after update" 20 "$(cat $cgroup/pids.max)"
expect "memory.max after update" 134217728 "$(cat $cgroup/memory.max)"
expect "cpu.max after update" "20000 100000" "$(cat $cgroup/cpu.max)"
skiff oci events --stats limited | grep -q '"memory":{"usage":{"usage":[1-9]' || fail "events know no memory"
skiff oci delete --force limited
[ ! -d $cgroup ] || fail "its control group is still there"
config '{"memory": {"limit": 33554432}}' 'tail /dev/zero'
exit_of skiff oci run --bundle $bundle hog
expect "exit status of the hog" 137 $STATUS
