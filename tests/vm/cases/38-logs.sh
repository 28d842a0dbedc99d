# A log survives the loss of power: what is left of it can be read, and the next start goes on behind it.
# kernels: 6.12 6.1
STATE=/var/lib/skiff/logs-marker
compressed() { ls /var/lib/skiff/containers/*/logs/*.gz > /dev/null 2>&1; }
need_image busybox
if [ ! -e "$STATE" ]; then
    for driver in local json-file; do
        skiff run -d --name "$driver" --network none --log-driver "$driver" --log-opt max-size=200k "$IMAGE" \
            sh -c 'seq 1 60000; sleep 1; sync; i=60000; while :; do i=$((i+1)); echo $i; done'
    done
    eventually 60 compressed
    touch "$STATE"
    sync
    sleep 4
    power_cut
fi
for driver in local json-file; do
    skiff logs "$driver" > /tmp/before 2> /tmp/warnings
    cat /tmp/warnings
    between "lines of $driver after the cut" 10000 10000000 "$(wc -l < /tmp/before)"
    expect "order of $driver" "" "$(sort -n -c /tmp/before 2>&1)"
    skiff start "$driver"
    sleep 2
    skiff kill "$driver"
    skiff wait "$driver" || true
    expect "the last line of $driver" "yes" "$([ "$(skiff logs --tail 1 "$driver")" -gt 1 ] && echo yes)"
    skiff rm "$driver"
done
rm "$STATE"
