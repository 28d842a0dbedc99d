# A volume on a server: its name is looked up at each mount, it is mounted once while containers have it, and a server
# that is gone keeps nobody from looking at, or removing, what uses it.
# packages: nfs-kernel-server libtirpc3 libwrap0 libnsl2 libnfsidmap1 libgssapi-krb5-2 libkrb5-3 libk5crypto3
# packages: libkrb5support0 libcom-err2 libkeyutils1 libevent-core-2.1-7 libsqlite3-0
need_image busybox
for module in nfsd nfsv4; do modprobe $module || fail "this kernel has no $module"; done
tool() {
    program=/payload/tools/usr/sbin/$1
    shift
    LD_LIBRARY_PATH=$(echo /payload/tools/usr/lib/*-linux-gnu):$(echo /payload/tools/lib/*-linux-gnu) $program "$@"
}
mkdir -p /srv/export/part /var/lib/nfs
touch /etc/exports /var/lib/nfs/etab /var/lib/nfs/rmtab
mount -t nfsd nfsd /proc/fs/nfsd
# Clients of an earlier boot, of which there are none, would be waited for.
for file in nfsv4leasetime nfsv4gracetime; do echo 10 > /proc/fs/nfsd/$file; done
tool exportfs -i -o rw,no_root_squash,insecure,no_subtree_check,fsid=0 127.0.0.1:/srv/export
tool rpc.mountd -N 2 -N 3
tool rpc.nfsd -N 3 -p 2049 2
echo Y > /proc/fs/nfsd/v4_end_grace 2> /dev/null || true
echo '127.0.0.1 files.example' >> /etc/hosts
mounted() { grep -c ' nfs4 ' /proc/mounts || true; }

skiff volume create -o type=nfs -o device=:/ -o o=addr=files.example,vers=4.2,soft,timeo=10,retrans=1 shared > /dev/null
expect "mounts before" 0 "$(mounted)"
skiff run -d --name one --network none -v shared:/v "$IMAGE" sleep 1000 > /dev/null
grep -q ' nfs4 .*addr=127.0.0.1' /proc/mounts || fail "not mounted from the address: $(cat /proc/mounts)"
skiff exec one sh -c 'echo from-one > /v/file'
expect "what the server has" from-one "$(cat /srv/export/file)"
expect "what another container reads" from-one \
    "$(skiff run --rm --network none -v shared:/v:ro "$IMAGE" cat /v/file)"
expect "mounts with one user left" 1 "$(mounted)"
skiff run --rm --network none --mount src=shared,dst=/m,volume-subpath=part "$IMAGE" touch /m/made
[ -e /srv/export/part/made ] || fail "the part is not the server's"
skiff rm -f one > /dev/null
expect "mounts after the last user" 0 "$(mounted)"

skiff volume create -o type=nfs -o device=:/ -o o=addr=nobody.invalid,vers=4.2 unknown > /dev/null
exit_of skiff run --rm --network none -v unknown:/v "$IMAGE" true
expect "status with a server that nobody knows" 125 $STATUS
grep -q 'nobody.invalid' /tmp/out || fail "the server is not named: $(cat /tmp/out)"

skiff run -d --name two --network none -v shared:/v "$IMAGE" sleep 1000 > /dev/null
tool rpc.nfsd 0
for verb in "ps -a" "volume ls" "volume inspect shared" "system df" "inspect two"; do
    # shellcheck disable=SC2086
    timeout 60 skiff $verb > /dev/null || fail "skiff $verb waits for the server"
done
timeout 60 skiff rm -f two > /dev/null || fail "rm waits for the server"
expect "mounts of a server that is gone" 0 "$(mounted)"
timeout 60 skiff volume rm shared unknown > /dev/null || fail "volume rm waits for the server"
expect "what the server still has" from-one "$(cat /srv/export/file)"
tool exportfs -u 127.0.0.1:/srv/export
killall rpc.mountd
umount /proc/fs/nfsd
