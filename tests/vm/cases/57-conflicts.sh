# Addresses that another station of the parent's network has, of macvlan and ipvlan, and one that takes one later.
# short: 6.1 6.12
# packages: iproute2 libbpf1 libelf1 libmnl0 libbsd0 libmd0
need_image busybox
. /payload/cases/links-lib
out $ip address add 198.51.100.77/24 dev eth0
out $ip address add 2001:db8:1::77/64 dev eth0 nodad
mac=$(out $ip -o link show eth0 | sed 's/.*link.ether \([0-9a-f:]*\).*/\1/')
told() {
    out busybox arping -q -U -c 1 -w 1 -I eth0 "$1" > /dev/null
    skiff events --since 1h --until 0s | grep 'network address_conflict' | grep "address=$1," | grep -q "mac=$mac,"
}
for driver in macvlan ipvlan; do
    skiff network create -d $driver -o parent=eth0 --ipv6 --subnet 198.51.100.0/24 --ip-range 198.51.100.128/25 \
        --gateway 198.51.100.2 --subnet 2001:db8:1::/64 lan > /dev/null
    for taken in "--ip 198.51.100.77" "--ip6 2001:db8:1::77"; do
        exit_of skiff run --rm --network lan $taken "$IMAGE" true
        [ $STATUS = 125 ] && grep -q "${taken#* } is in use by another host, whose Ethernet address is $mac" /tmp/out ||
            fail "$driver with $taken: $STATUS, $(cat /tmp/out)"
    done
    exit_of skiff run --rm --network lan --ip 198.51.100.1 "$IMAGE" true
    [ $STATUS = 125 ] && grep -q 'is in use by this host' /tmp/out || fail "$driver with the host's own address"
    later=198.51.100.$([ $driver = macvlan ] && echo 78 || echo 79)
    skiff run -d --name one --network lan --ip $later "$IMAGE" sleep 1000 > /dev/null
    skiff exec one ping -c 1 -w 5 198.51.100.2 > /dev/null || fail "no way out"
    skiff events --since 1h --until 0s | grep -q "address=$later," && fail "a conflict that is none"
    out $ip address add $later/32 dev eth0
    eventually 20 told $later
    out $ip address del $later/32 dev eth0
    skiff rm -f one > /dev/null
    skiff network rm lan > /dev/null
done
