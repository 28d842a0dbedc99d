# cp into and out of a container with a volume, running and stopped; what is read-only stays as it is.
# short: 6.12
need_image busybox
truncate -s 20M /tmp/holes; echo end >> /tmp/holes; chown 7:8 /tmp/holes
skiff run -d --name one --network none -v data:/data -v data:/ro:ro "$IMAGE" sleep 1000
skiff create --name two --network none -v data:/data --read-only "$IMAGE" cat /data/two
copy() {
    skiff cp /tmp/holes "$1:/data/$2"
    skiff cp -a "$1:/data/$2" /tmp/back
    cmp /tmp/holes /tmp/back
    expect "owner" 7:8 "$(stat -c %u:%g /tmp/back)"
    between "kilobytes on disk" 0 1000 "$(du -k /tmp/back | cut -f 1)"
}
copy one first
skiff stop -t 0 one
copy one second
skiff cp /tmp/holes one:/holes
skiff start one
skiff exec one cmp /data/first /holes
refused() {
    case $(skiff cp /tmp/holes "$1" 2>&1) in *"$2 is marked read-only"*) ;; *) echo "$1 was written"; exit 1 ;; esac
}
refused one:/ro/x volume
refused two:/x rootfs
echo two > /tmp/two
skiff cp /tmp/two two:/data/two
expect "written before the first start" two "$(skiff start -a two)"
skiff cp one:/data - | tar t | grep -q data/second
