# A user who is not root, with no other ids: the overlay store of this kernel, and limits in a cgroup that is delegated.
# short: 6.1 6.12
need_registry
image=$REGISTRY/busybox user=1000 group=/sys/fs/cgroup/user
home=/var/lib/skiff/home # On the disk: a tmpfs has no attributes of users before Linux 6.6.
mkdir -p $home /tmp/user/etc /run/user/$user
cp /etc/passwd /tmp/user/passwd
echo "someone:x:$user:$user::$home:/bin/sh" >> /tmp/user/passwd
mount --bind /tmp/user/passwd /etc/passwd
chown $user:$user $home /run/user/$user
chmod 700 $home /run/user/$user
mkdir -p $group/shell
echo '+memory +pids +cpu' > $group/cgroup.subtree_control
chown $user $group $group/cgroup.procs $group/cgroup.subtree_control $group/shell $group/shell/cgroup.procs

# as_user WORDS: a shell's line, run by the user inside the delegated group.
as_user() {
    sh -c "echo \$\$ > $group/shell/cgroup.procs; exec busybox su -s /bin/sh someone -c '
        unset SKIFF_ROOT SKIFF_RUN_ROOT; export HOME=$home XDG_RUNTIME_DIR=/run/user/$user; cd; $1'"
}
as_user "skiff pull -q $image" || fail "cannot pull"
expect "id" "uid=0(root) gid=0(root)" "$(as_user "skiff run --rm --network none $image id" | cut -d' ' -f1,2)"
as_user "skiff run -d --name limited --network none --memory 32m --pids-limit 7 --cpus 0.5 $image sleep 1000" ||
    fail "no container with limits"
cgroup=$(echo $group/skiff/*[0-9a-f])
[ -d "$cgroup" ] || cgroup=$(find $group/skiff -mindepth 1 -type d ! -name monitor | head -n 1)
expect "memory.max" 33554432 "$(cat "$cgroup/memory.max")"
expect "pids.max" 7 "$(cat "$cgroup/pids.max")"
expect "cpu.max" "50000 100000" "$(cat "$cgroup/cpu.max")"
expect "its process" 1 "$(wc -l < "$cgroup/cgroup.procs")"
as_user 'skiff update --memory 16m --memory-swap 16m limited' || fail "cannot update"
expect "memory.max after update" 16777216 "$(cat "$cgroup/memory.max")"
as_user 'skiff exec limited sh -c "rm /etc/passwd; rm -r /usr && mkdir /usr; touch /usr/new"' || fail "cannot exec"
as_user 'skiff pause limited && skiff unpause limited' || fail "cannot pause"
as_user 'skiff stats --no-stream limited' | grep -q 16MiB || fail "stats show no limit"
as_user 'skiff commit limited made' || fail "cannot commit"
expect "files of what was committed" "new" "$(as_user "skiff run --rm --network none made sh -c \
    \"ls /etc/passwd 2>/dev/null; ls /usr\"")"
as_user 'skiff rm -f limited && skiff system release' > /dev/null || fail "cannot clean up"
[ ! -d "$cgroup" ] || fail "the cgroup stays"
eventually 5 sh -c "! ps -o user,args | grep -q '^someone'"
umount /etc/passwd
