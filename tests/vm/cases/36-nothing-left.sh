# run, exec, stop and rm leave no mount, control group, link or process behind.
# short: 6.12 6.1
need_image busybox
skiff run --rm "$IMAGE" true
# The kernel takes a veth away a moment after its namespace has died; the first picture must not show a dying one.
for _ in 1 2 3 4 5 6 7 8 9 10; do
    ls /sys/class/net | grep -qE '^sk[0-9a-f]+$' || break
    sleep 0.3
done
leftovers > /tmp/before
# The comparison itself: a container that runs is seen in every kind of trace.
skiff run -d --name seen "$IMAGE" sleep 1000
leftovers > /tmp/after
for kind in cgroup link process; do
    diff /tmp/before /tmp/after | grep -q "^+$kind" || fail "a running container shows no $kind"
done
skiff rm -f seen
skiff run --rm "$IMAGE" true
skiff run -d --name one "$IMAGE" sleep 1000
skiff exec one true
skiff stop -t 1 one
skiff rm one
exit_of skiff run --rm --name two "$IMAGE" /no/such/program
skiff run -d --name three "$IMAGE" sleep 1000
skiff rm -f three
same() { leftovers > /tmp/after; cmp -s /tmp/before /tmp/after; }
same_in_time() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do ! same || return 0; sleep 0.3; done
    diff /tmp/before /tmp/after
    return 1
}
same_in_time || fail "left behind: $(diff /tmp/before /tmp/after | grep '^[-+][a-z0-9 ]' | tr '\n' ';')"
