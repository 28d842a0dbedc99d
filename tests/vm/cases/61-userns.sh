# A container with a user namespace of its own: ids outside its range are nobody's, its layers and volumes are mounted
# with its map, and limits of its cgroup hold as ever.
# short: 6.12
need_image busybox
export SKIFF_SUBIDS=3000000:1048576
exit_of skiff run -d --name mapped --userns auto --network none --memory 64m --ulimit nofile=600000:600000 \
    --oom-score-adj -5 -v data:/data "$IMAGE" sleep 1000
[ $STATUS -eq 0 ] || fail "no container with a user namespace"
pid=$(field mapped Pid)
expect "user id on the host" 3065536 "$(awk '/^Uid:/ { print $2 }' "/proc/$pid/status")"
expect "map" "0 3065536 65536" "$(skiff exec mapped cat /proc/self/uid_map | awk '{ print $1, $2, $3 }')"
expect "owners inside" "0:0 0:0 0:0" \
    "$(skiff exec mapped sh -c 'touch /new /data/new; echo $(stat -c %u:%g /bin /new /data/new)')"
expect "owner on disk" 0:0 "$(stat -c %u:%g /var/lib/skiff/volumes/data/_data/new)"
expect "limit above the host's" 600000 "$(skiff exec mapped sh -c 'ulimit -n')"
expect "score below the host's" -5 "$(cat "/proc/$pid/oom_score_adj")"
expect "memory limit" 67108864 "$(cat "$(container_cgroup mapped)/memory.max")"
skiff exec mapped sh -c 'echo 1 > /proc/sys/vm/swappiness' 2> /dev/null && fail "wrote to the host's sysctl"
skiff exec mapped mknod /node c 1 3 2> /dev/null && fail "made a device node"
skiff restart -t 0 mapped > /dev/null || fail "does not start again"
expect "owner after a restart" 0:0 "$(skiff exec mapped stat -c %u:%g /new)"
skiff rm -f mapped > /dev/null
skiff volume rm data > /dev/null
