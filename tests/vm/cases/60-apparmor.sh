# AppArmor: containers run under skiff-default, which is loaded when it is not there, or under the profile of choice.
# short: 6.12
# packages: apparmor
need_image busybox
mountpoint -q /sys/kernel/security || mount -t securityfs none /sys/kernel/security
grep -q apparmor /sys/kernel/security/lsm || skip "this kernel does not confine by AppArmor"
loaded() { grep -q "^$1 (enforce)" /sys/kernel/security/apparmor/profiles; }
label='cat /proc/self/attr/apparmor/current'

if ! [ -e /sbin/apparmor_parser ]; then
    # Without the program that loads it: the container runs, and says without what.
    skiff run -d --name unconfined --network none "$IMAGE" sleep 1000 > /dev/null
    skiff inspect unconfined | grep -q 'running without AppArmor: .*apparmor_parser is not installed' ||
        fail "no word of the missing profile"
    skiff rm -f unconfined > /dev/null
    ln -s /payload/tools/sbin/apparmor_parser /sbin/apparmor_parser
fi
loaded skiff-default && fail "skiff-default is there before any container"
skiff run -d --name confined --network none --cap-add SYS_ADMIN --security-opt seccomp=unconfined \
    --security-opt systempaths=unconfined "$IMAGE" sleep 1000 > /dev/null
loaded skiff-default || fail "skiff-default was not loaded"
expect "label of a container" "skiff-default (enforce)" "$(skiff exec confined sh -c "$label")"
expect "profile that inspect shows" skiff-default "$(skiff inspect -f '{{.AppArmorProfile}}' confined)"
first=/proc/$(field confined Pid)
expect "label of its first process" "skiff-default (enforce)" "$(cat "$first/attr/apparmor/current")"
# What capabilities and open paths would allow, the profile does not.
skiff exec confined mount -t tmpfs none /tmp 2> /dev/null && fail "mounted something"
for path in /proc/sysrq-trigger /proc/sys/vm/swappiness /proc/sys/kernel/core_pattern /proc/timer_list; do
    exit_of skiff exec confined sh -c "echo 1 > $path"
    [ $STATUS -ne 0 ] || fail "wrote to $path"
done
skiff exec confined sh -c 'echo 65536 > /proc/sys/kernel/shmmax && echo 5 > /proc/self/oom_score_adj && echo x > /x' ||
    fail "could not write what is the container's own"
skiff exec confined cat /proc/kcore > /dev/null 2>&1 && fail "read /proc/kcore"
skiff stop -t 1 confined > /dev/null || fail "a confined container takes no signal"
skiff rm confined > /dev/null

# The same without a profile shows that it was the profile.
expect "label without a profile" unconfined "$(skiff run --rm --network none --security-opt apparmor=unconfined \
    --cap-add SYS_ADMIN --security-opt seccomp=unconfined "$IMAGE" \
    sh -c "$label; mount -t tmpfs none /tmp || echo refused")"
expect "label when privileged" unconfined "$(skiff run --rm --network none --privileged "$IMAGE" sh -c "$label")"
exit_of skiff run --rm --network none --security-opt apparmor=no-such-profile "$IMAGE" true
expect "exit code of an unknown profile" 125 $STATUS
grep -q 'AppArmor profile no-such-profile is not loaded' /tmp/out || fail "no clear error: $(cat /tmp/out)"
echo 'profile mine flags=(attach_disconnected) { file, deny /secret r, }' | apparmor_parser --replace --skip-cache ||
    fail "apparmor_parser does not work here"
exit_of skiff run --rm --network none --security-opt apparmor=mine "$IMAGE" sh -c \
    "$label; echo > /secret; cat /secret"
[ $STATUS -ne 0 ] || fail "the user's profile let a secret be read"
expect "label of the user's profile" "mine (enforce)" "$(head -n 1 /tmp/out)"
