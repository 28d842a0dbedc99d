# The clock jumps a day ahead and two days back: time-outs, restarts, health checks and logs go on as if it had not.
# short: 6.12
need_image busybox
skiff run -d --name ticker --network none --health-cmd true --health-interval 1s "$IMAGE" \
    sh -c 'i=0; while :; do i=$((i + 1)); echo $i; sleep 0.2; done'
skiff run -d --name again --network none --restart always "$IMAGE" sleep 1
skiff run -d --name stubborn --network none "$IMAGE" sh -c 'trap "" TERM; while :; do sleep 0.1; done'
skiff logs -f ticker > /tmp/followed 2>&1 &
follower=$!
uptime_s() { read -r up _ < /proc/uptime; echo "${up%.*}"; }
count() { skiff inspect -f '{{.RestartCount}}' again; }
checks() { skiff inspect -f '{{range .State.Health.Log}}{{.Start}} {{end}}' ticker; }
# A guest may be slow, but none of these would come for a day if the clock were asked.
restarted() { [ "$(count)" -gt "$restarts" ]; }
checked() { [ "$(checks)" != "$before" ]; }
followed() { [ "$(wc -l < /tmp/followed)" -gt "$lines" ]; }
sleep 2

for jump in 86400 -172800; do
    restarts=$(count) before=$(checks) lines=$(wc -l < /tmp/followed)
    date -s "@$(($(date +%s) + jump))"
    sleep 4
    eventually 30 restarted
    eventually 30 checked
    expect "health" healthy "$(skiff inspect -f '{{.State.Health.Status}}' ticker)"
    eventually 30 followed
    skiff ps --filter name=ticker | grep -q ' Up ' || fail "ps does not show it as running"
    [ "$(skiff logs --since 2s ticker | wc -l)" -ge 2 ] || fail "logs --since 2s misses what was just written"
done

begin=$(uptime_s)
skiff stop -t 2 stubborn
between "seconds until SIGKILL" 1 30 $(($(uptime_s) - begin))
expect "exit code" 137 "$(field stubborn ExitCode)"
skiff stop -t 0 again ticker
wait "$follower"
# Each line once and in the order in which it was written, whatever its time says.
skiff logs ticker > /tmp/kept
seq "$(wc -l < /tmp/kept)" | cmp - /tmp/kept || fail "lines are missing, double or in another order"
cmp /tmp/kept /tmp/followed || fail "the follower saw other lines than were kept"
skiff run --rm --network none "$IMAGE" true
skiff rm again ticker stubborn
