# A container whose monitor was killed is adopted. These kernels (before 6.15) tell nobody but the parent how a process
# has ended, so its code is known as long as the host's init has not asked; then it is 255, and the reason is given.
# short: 6.1 6.12
need_image busybox
unseen="the container's monitor was killed, and nobody was told how the container ended"
monitor() { sed 's/.*"MonitorPid":\([0-9]*\).*/\1/' /run/skiff/containers/"$1"*/run.json; }
kill_monitor() {
    killed=$(monitor "$1")
    kill -9 "$killed"
    eventually 10 [ ! -d "/proc/$killed" ]
}
error_of() { skiff inspect --format '{{.State.Error}}' "$1"; }
lines() { skiff logs "$1" | wc -l; }
more_lines() { [ "$(lines "$1")" -gt "$2" ]; }

# Everything goes on, the limits hold.
id=$(skiff run -d --name one --network none -m 32m --pids-limit 20 --cpus 0.5 "$IMAGE" sh -c \
    'trap "echo bye; exit 7" TERM; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.1; done')
cgroup=$(container_cgroup one) pid=$(field one Pid)
skiff wait one > /tmp/waited & waiter=$!
kill_monitor "$id"
expect "status" running "$(field one Status)"
expect "its first process" "$pid" "$(field one Pid)"
expect "exec" fine "$(skiff exec one echo fine)"
eventually 10 more_lines one "$(lines one)"
expect "limits" "33554432 20 50000 100000" "$(cat "$cgroup/memory.max" "$cgroup/pids.max" "$cgroup/cpu.max" | xargs)"
skiff update -m 24m --memory-swap 24m one
expect "memory.max after update" 25165824 "$(cat "$cgroup/memory.max")"
skiff stop one
wait $waiter
code=$(field one ExitCode)
case $code/$(error_of one) in
    7/ | "255/$unseen") ;;
    *) fail "its end is recorded as $code, $(error_of one)" ;;
esac
expect "what wait prints" "$code" "$(cat /tmp/waited)"
expect "the last line" bye "$(skiff logs --tail 1 one)"
[ ! -d "$cgroup" ] || fail "the cgroup stays"

# What ends a hog does not end others, once they ask for no memory while it dies.
id=$(skiff run -d --name idle --network none -m 32m "$IMAGE" sleep 1000)
kill_monitor "$id"
exit_of skiff exec idle tail /dev/zero
expect "status of a hog in exec" 137 $STATUS
oom_seen() { skiff events --since 10m --until 0s --filter event=oom | grep -q name=idle; }
eventually 10 oom_seen
expect "status beside a hog" running "$(field idle Status)"
skiff rm -f idle

# Init has asked before the next monitor could look.
id=$(skiff run -d --name two --network none "$IMAGE" sh -c 'until [ -e /go ]; do sleep 0.05; done; exit 3')
pid=$(field two Pid)
kill_monitor "$id"
skiff ps > /dev/null
next=$(monitor "$id")
skiff wait two > /tmp/waited & waiter=$!
sleep 0.5
kill -STOP "$next"
touch "/proc/$pid/root/go"
eventually 10 [ ! -d "/proc/$pid" ]
kill -CONT "$next"
wait $waiter
expect "what wait prints of an end that nobody saw" 255 "$(cat /tmp/waited)"
expect "ExitCode" 255 "$(field two ExitCode)"
expect "Error" "$unseen" "$(error_of two)"

# A hog is known as one by its cgroup, whoever is told how it ended.
id=$(skiff run -d --name three --network none -m 32m "$IMAGE" \
    sh -c 'until [ -e /go ]; do sleep 0.05; done; exec tail /dev/zero')
kill_monitor "$id"
skiff exec three touch /go
skiff wait three > /tmp/waited
expect "OOMKilled" true "$(field three OOMKilled)"
case $(field three ExitCode) in 137 | 255) ;; *) fail "ExitCode is $(field three ExitCode)" ;; esac
expect "what wait prints of a hog" "$(field three ExitCode)" "$(cat /tmp/waited)"

# Where init asks nobody, as sleep(1) does, the code is there.
unshare --pid --fork --mount-proc sh -c "
    skiff run -d --name four --network none $IMAGE sh -c 'until [ -e /go ]; do sleep 0.05; done; exit 3' > /tmp/id
    exec sleep 1000" &
in_namespace() { pgrep -f '^sleep 1000' > /tmp/holder && [ -s /tmp/id ]; }
eventually 20 in_namespace
inside() { nsenter --pid --mount --target "$(cat /tmp/holder)" "$@"; }
inside kill -9 "$(monitor "$(cat /tmp/id)")"
sleep 0.5
expect "status" running "$(inside skiff inspect --format '{{.State.Status}}' four)"
inside skiff exec four touch /go
expect "what wait prints" 3 "$(inside skiff wait four)"
expect "ExitCode" "3 " "$(inside skiff inspect --format '{{.State.ExitCode}} {{.State.Error}}' four)"
kill "$(cat /tmp/holder)"
