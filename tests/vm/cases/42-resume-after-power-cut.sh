# A pull is cut off with the power; after the reboot the next one fetches only the rest. Both stores, one cut.
# kernels: 6.12 6.1
# short: 6.12
STATE=/var/lib/skiff/cut
stores="erofs overlay"
[ "$GROUND_KERNEL" != 6.1 ] || stores=overlay
IMAGE=$REGISTRY/large

in_store() { store=$1; shift; skiff --root "$STATE/$store" --run-root "/run/cut/$store" --snapshotter "$store" "$@"; }
received() { cat /sys/class/net/lo/statistics/rx_bytes; }
# The small layer has come, so the note is the large one's.
noted() {
    for store in $stores; do
        [ -n "$(ls "$STATE/$store/layers" 2>/dev/null)" ] || return 1
        [ -n "$(find "$STATE/$store/ingest" -name resume 2>/dev/null)" ] || return 1
    done
}

need_registry
if [ ! -e "$STATE/marker" ]; then
    mkdir -p "$STATE"
    touch "$STATE/marker"
    sync
    # A pull notes how far it is every five seconds.
    export SKIFF_LIMIT_RATE=1m
    for store in $stores; do in_store "$store" pull "$IMAGE" > "/tmp/$store" 2>&1 & done
    eventually 60 noted
    # A note is seen a moment before it is on disk.
    sleep 2
    power_cut
fi
for store in $stores; do
    expect "images of $store" "" "$(in_store "$store" images -q)"
    in_store "$store" system check
    expect "what $store kept" "Partial Downloads=1" \
        "$(in_store "$store" system df --format '{{.Type}}={{.TotalCount}}' | tail -n 1)"
    before=$(received)
    in_store "$store" pull "$IMAGE" | tee /tmp/pulled
    rest=$(($(received) - before))
    grep -q "Resuming at" /tmp/pulled || fail "the pull of $store began anew"
    # Of 16 MiB; at the least some seconds' worth had been noted.
    between "bytes fetched for $store" 1000000 15000000 "$rest"
    in_store "$store" system check
    expect "what stays in $store" "" "$(ls "$STATE/$store/ingest")"
    expect "content of $store" "$(in_store "$store" run --rm --network none "$IMAGE" cat /data/sum)" \
        "$(in_store "$store" run --rm --network none "$IMAGE" sh -c 'cat /data/noise-* | sha256sum')"
    in_store "$store" system release
done
rm -rf "$STATE"
