# Second half of tests/vm/power-cut: what the disk holds after the cut is consistent, and work goes on.
# kernels: power-cut
skiff images
skiff ps -a
# That it ran is not flushed, that it exists is.
case $(field witness Status) in
    created|exited) ;;
    *) fail "the container that ran is '$(field witness Status)'" ;;
esac
expect "output of the image from before" "still here" \
    "$(skiff run --rm --network none "$REGISTRY/busybox" echo "still here")"
skiff start witness
expect "the container that ran, started again" running "$(field witness Status)"
# If the cut came after the pull, the image is there and must be whole; else the pull must succeed now.
need_image big
skiff run --rm --network none "$IMAGE" sh -c 'cd / && sha256sum -c 1.sum 2.sum 3.sum 4.sum'
skiff rm -f witness
skiff rmi "$IMAGE"
left=$(find /var/lib/skiff/ingest -mindepth 1 2>/dev/null | head -n 3)
[ -z "$left" ] || fail "partial downloads stay: $left"
