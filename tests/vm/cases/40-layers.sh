# The store of this kernel (EROFS from files on 6.12, overlay's folders on 6.1) shows what the layers say.
# short: 6.1 6.12
need_image layered
expect "the merged tree" "second first added kept new" "$(skiff run --rm --network none "$IMAGE" \
    sh -c 'cat /data/added /data/kept; ls /data; ls /opaque' | tr '\n' ' ' | sed 's/  *$//; s/data:\|opaque://g')"
skiff run -d --name holder --network none "$IMAGE" sleep 1000
mounted=$(grep -c ' - erofs ' /proc/self/mountinfo || true)
case $GROUND_KERNEL in
    6.1) expect "EROFS mounts" 0 "$mounted" ;;
    *) between "EROFS mounts" 3 9 "$mounted" ;;
esac
# The image's own files stay as they are, whatever a container writes.
skiff exec holder sh -c 'echo changed > /data/kept && rm /data/added'
expect "another container's view" "first" "$(skiff run --rm --network none "$IMAGE" cat /data/kept)"
