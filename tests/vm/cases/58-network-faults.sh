# Messages to the kernel's network that fail, one after the other, while containers start on networks that a host's
# kernel may lack: NetworkFaultTests (System) has the others.
# kernels: 6.1 6.12
# packages: iproute2 libbpf1 libelf1 libmnl0 libbsd0 libmd0
# faults: sends
need_image busybox
. /payload/cases/links-lib

state() {
    ls /sys/class/net
    find /run/skiff /var/lib/skiff/containers ! -name 'events*' | sort
}
is_clean() {
    skiff ps -a > /dev/null
    state > /tmp/now
    # The start before may have had a link that was on its way out.
    ! grep -vxFf /tmp/before /tmp/now > /tmp/left
}
# sweep FLAG...: lets each message of such a start fail once.
sweep() {
    skiff run --rm "$@" "$IMAGE" true || fail "no start with $*"
    state > /tmp/before
    number=1 failed=0
    while :; do
        status=0
        /payload/tools/bin/sends /tmp/report $number skiff run --rm "$@" "$IMAGE" true > /tmp/out 2>&1 || status=$?
        [ $number -le "$(cat /tmp/report)" ] || break
        if [ $status != 0 ]; then
            [ $status = 125 ] && grep -q ENOBUFS /tmp/out || fail "message $number: $status, $(cat /tmp/out)"
            failed=$((failed + 1))
        fi
        (eventually 10 is_clean) || fail "message $number leaves $(xargs < /tmp/left)"
        number=$((number + 1))
    done
    echo "$*: $((number - 1)) messages, $failed of which fail the start"
    [ $failed -ge 3 ] || fail "only $failed starts failed with $*"
}

skiff network create -d ipvlan -o parent=eth0 --ipv6 --subnet 198.51.100.0/24 --ip-range 198.51.100.128/25 \
    --gateway 198.51.100.2 --subnet 2001:db8:1::/64 lan > /dev/null
sweep --network lan
skiff network create blue > /dev/null
sweep --network lan --network blue -p 8080:80
skiff network rm lan > /dev/null
skiff network create -d ipvlan -o parent=eth0 -o ipvlan_mode=l3s --subnet 10.9.0.0/24 routed > /dev/null
sweep --network routed
skiff network create -d macvlan -o parent=eth0.50 --subnet 203.0.113.0/24 --ip-range 203.0.113.128/25 \
    --gateway 203.0.113.2 tagged > /dev/null
sweep --network tagged
skiff network create -d macvlan among > /dev/null
sweep --network among
