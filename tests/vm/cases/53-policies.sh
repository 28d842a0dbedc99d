# Network policies on this kernel's nf_tables: between containers of one network, whose packets only pass the bridge.
# short: 6.1 6.12
need_image busybox
[ ! -e /proc/sys/net/bridge ] || fail "br_netfilter is there without a policy"
skiff run -d --name db --label role=db -p 8080:80 "$IMAGE" httpd -f > /dev/null
skiff run -d --name web --label role=web "$IMAGE" sleep 1000 > /dev/null
skiff run -d --name other "$IMAGE" sleep 1000 > /dev/null
db=$(skiff inspect -f '{{.NetworkSettings.IPAddress}}' db)
calls() { skiff exec "$1" nc -w 2 "$db" 80 > /dev/null 2>&1; }
calls web && calls other || fail "no way without a policy"
skiff network policy create -f - > /dev/null << 'END'
metadata: {name: db}
spec:
  podSelector: {matchLabels: {role: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {role: web}}}]
    ports: [{port: 80}]
  egress: []
END
calls web || fail "what the policy allows is denied"
calls other && fail "what the policy denies passes"
skiff exec db nc -w 2 "$(skiff inspect -f '{{.NetworkSettings.Gateway}}' db)" 22 2>&1 | grep -q 'timed out' ||
    fail "the host is not out of reach"
expect "other bridges are not filtered" 0 "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables)"
expect "the bridge is" 1 "$(cat /sys/class/net/skiff*/bridge/nf_call_iptables)"
expect "explained" denied "$(skiff network policy test other db:80 | tail -n 1)"
[ "$(skiff network policy ls --format '{{.Denied}}')" -gt 0 ] || fail "nothing is counted"
skiff network policy rm db > /dev/null
calls other || fail "no way after the policy"
expect "the bridge is not any more" 0 "$(cat /sys/class/net/skiff*/bridge/nf_call_iptables)"
skiff rm -f db web other > /dev/null
