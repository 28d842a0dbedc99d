# A fork bomb stays below --pids-limit, the host stays usable, and one kill ends all of it.
# short: 6.12
need_image busybox
skiff run -d --name bomb --pids-limit 24 --network none "$IMAGE" \
    sh -c 'sh -c "while :; do sleep 300 & done" 2>/dev/null & exec sleep 300'
cgroup=$(container_cgroup bomb)
expect "pids.max" 24 "$(cat "$cgroup/pids.max")"
refused() { [ "$(sed -n 's/^max //p' "$cgroup/pids.events")" -gt 0 ]; }
eventually 20 refused
between "processes" 2 24 "$(cat "$cgroup/pids.current")"
skiff rm -f bomb
[ ! -d "$cgroup" ] || fail "its control group is still there"
pidof sleep > /dev/null && fail "processes of the bomb survive: $(pidof sleep)"
true
