# pause stops every process of a container without ending it; unpause lets it go on.
# short: 6.12
need_image busybox
skiff run -d --name sleeper --network none "$IMAGE" sh -c 'while :; do :; done'
cgroup=$(container_cgroup sleeper)
skiff pause sleeper
expect "status" paused "$(field sleeper Status)"
grep -q '^frozen 1' "$cgroup/cgroup.events" || fail "the control group is not frozen"
before=$(usage_us "$cgroup")
sleep 1
expect "processor time while paused" 0 $(($(usage_us "$cgroup") - before))
skiff unpause sleeper
expect "status" running "$(field sleeper Status)"
sleep 1
[ "$(usage_us "$cgroup")" -gt "$before" ] || fail "it did not go on"
