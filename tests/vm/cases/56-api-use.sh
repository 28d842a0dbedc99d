# What the Engine API tells of a container's use, and sets of its limits, where the host has all controllers.
# short: 6.1 6.12
# packages: netcat-openbsd libbsd0 libmd0
need_image busybox
disk=$(cat /sys/block/vdc/dev)
socket=/run/api.sock
skiff agent --listen unix://$socket > /tmp/agent.log 2>&1 &
agent=$!
eventually 10 [ -S $socket ]

# request METHOD PATH [BODY]: the body of the answer goes to /tmp/answer, its status is printed.
request() {
    printf '%s /v1.51%s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s' "$1" "$2" ${#3} "$3" |
        LD_LIBRARY_PATH=$(echo /payload/tools/usr/lib/*-linux-gnu) /payload/tools/bin/nc.openbsd -U $socket > /tmp/whole
    sed '1,/^\r$/d' /tmp/whole > /tmp/answer
    sed -n '1s/^[^ ]* \([0-9]*\).*/\1/p' /tmp/whole
}
# number NAME [AFTER]: the first number of that name in the answer, behind another name.
number() { sed "s/.*\"${2:-name}\"//" /tmp/answer | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d: -f2; }

skiff run -d --name one --network none -m 64m --pids-limit 20 "$IMAGE" sleep 1000
cgroup=$(container_cgroup one)
skiff exec one dd if=/dev/zero of=/file bs=1M count=8 conv=fsync 2> /dev/null
expect "status of stats" 200 "$(request GET '/containers/one/stats?stream=0&one-shot=1' '')"
expect "limit of memory" 67108864 "$(number limit memory_stats)"
between "use of memory" 4096 67108864 "$(number usage memory_stats)"
between "anon of memory.stat" 4096 67108864 "$(number anon memory_stats)"
expect "limit of tasks" 20 "$(number limit pids_stats)"
expect "tasks" 1 "$(number current pids_stats)"
grep -q "\"major\":${disk%:*},\"minor\":${disk#*:},\"op\":\"write\",\"value\":8[0-9]\{6\}" /tmp/answer ||
    fail "no 8 MiB were written: $(cat /tmp/answer)"
expect "without a network" "" "$(number rx_bytes)"

update='{"Memory":33554432,"MemorySwap":67108864,"NanoCpus":500000000,"PidsLimit":30,"BlkioWeight":300,'
update=$update'"BlkioDeviceReadBps":[{"Path":"/dev/vdc","Rate":2097152}],'
update=$update'"BlkioDeviceWriteIOps":[{"Path":"/dev/vdc","Rate":70}]}'
expect "status of update" 200 "$(request POST /containers/one/update "$update")"
expect "its answer" '{"Warnings":[]}' "$(cat /tmp/answer)"
expect "limits" "33554432 33554432 30 50000 100000" \
    "$(cat "$cgroup/memory.max" "$cgroup/memory.swap.max" "$cgroup/pids.max" "$cgroup/cpu.max" | xargs)"
expect "io.max" "$disk rbps=2097152 wbps=max riops=max wiops=70" "$(cat "$cgroup/io.max")"
update='{"PidsLimit":0,"BlkioDeviceWriteIOps":[{"Path":"/dev/vdc","Rate":90}]}'
expect "status of update" 200 "$(request POST /containers/one/update "$update")"
expect "limits" "33554432 max" "$(cat "$cgroup/memory.max" "$cgroup/pids.max" | xargs)"
expect "io.max" "$disk rbps=2097152 wbps=max riops=max wiops=90" "$(cat "$cgroup/io.max")"
# The next run has them, too.
skiff restart -t 0 one
cgroup=$(container_cgroup one)
expect "io.max" "$disk rbps=2097152 wbps=max riops=max wiops=90" "$(cat "$cgroup/io.max")"
expect "limits" "33554432 max 50000 100000" \
    "$(cat "$cgroup/memory.max" "$cgroup/pids.max" "$cgroup/cpu.max" | xargs)"
expect "status of stats" 200 "$(request GET '/containers/one/stats?stream=0' '')"
between "ns since the second before" 0 100000000000 \
    $(($(number total_usage cpu_stats) - $(number total_usage precpu_stats)))
kill $agent
wait $agent || fail "the agent: $(cat /tmp/agent.log)"
