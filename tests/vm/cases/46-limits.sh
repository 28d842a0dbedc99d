# What the limits of `run` and `update` do beyond their files: swap, weights, rates, ulimits, device rules, OOM score.
# short: 6.12
need_image busybox
disk=$(cat /sys/block/vda/dev)
# Weights of single devices need the kernel's model of costs, or BFQ.
exit_of skiff run --rm --network none --blkio-weight-device /dev/vda:300 "$IMAGE" true
[ $STATUS -eq 0 ] || grep -q 'io.weight.*io.cost.qos' /tmp/out || fail "the reason is not named: $(cat /tmp/out)"
echo "$disk enable=1" > /sys/fs/cgroup/io.cost.qos
skiff run -d --name one --network none --cpu-period 50000 --cpu-quota 10000 --blkio-weight-device /dev/vda:300 \
    --device-read-bps /dev/vda:2mb --device-write-iops /dev/vda:70 --ulimit nofile=100:200 --ulimit core=0 \
    --oom-score-adj 300 -m 64m "$IMAGE" sleep 1000
cgroup=$(container_cgroup one)
expect "cpu.max" "10000 50000" "$(cat "$cgroup/cpu.max")"
grep -q "^$disk 2930\$" "$cgroup/io.weight" ||
    fail "io.weight has $(cat "$cgroup/io.weight")"
expect "io.max" "$disk rbps=2097152 wbps=max riops=max wiops=70" "$(cat "$cgroup/io.max")"
expect "memory.swap.max without --memory-swap" 67108864 "$(cat "$cgroup/memory.swap.max")"
expect "soft and hard nofile" "100 200" "$(skiff exec one sh -c 'echo $(ulimit -Sn) $(ulimit -Hn)')"
expect "core" 0 "$(skiff exec one sh -c 'ulimit -c')"
expect "oom_score_adj" 300 "$(skiff exec one cat /proc/1/oom_score_adj)"
skiff exec -d one sh -c 'while :; do :; done'
throttled() { [ "$(sed -n 's/^nr_throttled //p' "$cgroup/cpu.stat")" -gt 2 ]; }
eventually 10 throttled
skiff update --cpu-period 20000 --cpu-quota 4000 -c 100 one
expect "cpu.max after update" "4000 20000" "$(cat "$cgroup/cpu.max")"
skiff update --cpu-quota -1 one
expect "cpu.max without a quota" "max 20000" "$(cat "$cgroup/cpu.max")"
skiff rm -f one

# A rate of 1 MiB/s lets 3 MiB of direct writes take about three seconds.
mkdir -p /var/lib/skiff/rate
device=$(df /var/lib/skiff/rate | awk 'NR == 2 { print $1 }')
skiff run -d --name slow --network none --device-write-bps "$device:1mb" -v /var/lib/skiff/rate:/rate "$IMAGE" \
    sleep 1000
start=$(now_ms)
skiff exec slow dd if=/dev/zero of=/rate/file bs=256k count=12 conv=fsync oflag=direct 2> /dev/null ||
    skiff exec slow sh -c 'dd if=/dev/zero of=/rate/file bs=256k count=12 conv=fsync' 2> /dev/null
between "ms of 3 MiB at 1 MiB/s" 1500 8000 $(($(now_ms) - start))
rm -f /var/lib/skiff/rate/file
skiff rm -f slow

# pids: fork fails at the limit, with EAGAIN, and works again after an update.
skiff run -d --name few --network none --pids-limit 3 "$IMAGE" sleep 1000
exit_of skiff exec few sh -c 'sleep 1 & sleep 1 & sleep 1 & wait'
grep -q "can't fork" /tmp/out || fail "wanted a failed fork, got: $(cat /tmp/out)"
skiff update --pids-limit 20 few
exit_of skiff exec few sh -c 'sleep 0 & sleep 0 & sleep 0 & wait'
expect "status of forks below the limit" 0 $STATUS
skiff rm -f few

# Memory without swap is killed at the limit; a lower limit by update counts at once.
skiff run -d --name shrink --network none -m 128m --memory-swap 128m "$IMAGE" sleep 1000
cgroup=$(container_cgroup shrink)
expect "memory.swap.max" 0 "$(cat "$cgroup/memory.swap.max")"
skiff update -m 16m --memory-swap 16m shrink
expect "memory.max after update" 16777216 "$(cat "$cgroup/memory.max")"
exit_of skiff exec shrink tail /dev/zero
expect "status of a hog in exec" 137 $STATUS
[ "$(sed -n 's/^oom_kill //p' "$cgroup/memory.events")" -ge 1 ] || fail "no kill is counted"
expect "the container itself" running "$(field shrink Status)"
skiff rm -f shrink
exit_of skiff run --rm --network none -m 16m --oom-kill-disable "$IMAGE" true
expect "status of --oom-kill-disable" 125 $STATUS

# A device rule opens what a container makes itself, by kind, number and access.
numbers=$(echo "$disk" | tr ':' ' ')
read='mknod /tmp/disk b '$numbers' && head -c 512 /tmp/disk | wc -c'
exit_of skiff run --rm --network none --device-cgroup-rule "b $disk r" "$IMAGE" sh -c "$read"
expect "bytes by a rule" 512 "$(cat /tmp/out)"
exit_of skiff run --rm --network none --device-cgroup-rule "b $disk r" "$IMAGE" \
    sh -c "mknod /tmp/disk b $numbers && : >> /tmp/disk"
grep -q 'Operation not permitted' /tmp/out || fail "writing with a rule for reading: $(cat /tmp/out)"
exit_of skiff run --rm --network none --device-cgroup-rule "c $disk r" "$IMAGE" sh -c "$read"
grep -q 'Operation not permitted' /tmp/out || fail "a rule for another kind opened the disk: $(cat /tmp/out)"
exit_of skiff run --rm --network none --device-cgroup-rule 'z 1:1 r' "$IMAGE" true
expect "status of a bad rule" 125 $STATUS
