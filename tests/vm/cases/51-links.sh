# macvlan and ipvlan networks: their modes, parents that are made for them, and nothing left of them.
# short: 6.1 6.12
# packages: iproute2 libbpf1 libelf1 libmnl0 libbsd0 libmd0
need_image busybox
. /payload/cases/links-lib

# With no parent, containers are among themselves.
skiff network create -d macvlan among > /dev/null
expect "internal without a parent" true "$(skiff network inspect -f '{{.Internal}}' among)"
dummy=dm-$(skiff network inspect -f '{{.Id}}' among | cut -c 1-12)
$ip -d link show "$dummy" | grep -qw dummy || fail "no dummy $dummy"
skiff run -d --name one --network among "$IMAGE" sleep 1000 > /dev/null
skiff run -d --name two --network among "$IMAGE" sleep 1000 > /dev/null
skiff exec two ping -c 1 -w 5 one > /dev/null || fail "no way by name"
expect "default route without a parent" "" "$(way_out one)"
skiff rm -f one two > /dev/null
skiff system release
[ ! -e "/sys/class/net/$dummy" ] || fail "$dummy stays"
skiff run --rm --network among "$IMAGE" true || fail "not made again"
skiff network rm among > /dev/null
[ ! -e "/sys/class/net/$dummy" ] || fail "$dummy stays with its network gone"

# A VLAN is made of its name, and goes with the last network on it.
skiff network create -d macvlan -o parent=eth0.50 --subnet 203.0.113.0/24 --ip-range 203.0.113.128/25 \
    --gateway 203.0.113.2 --aux-address other=203.0.113.129 tagged > /dev/null
skiff network create -d macvlan -o parent=eth0.50 --subnet 10.50.0.0/24 too > /dev/null
$ip -d link show eth0.50 | grep -q 'vlan protocol 802.1Q id 50' || fail "no VLAN"
skiff run -d --name one --network tagged "$IMAGE" sleep 1000 > /dev/null
expect "address" 203.0.113.128 "$(skiff inspect -f '{{.NetworkSettings.Networks.tagged.IPAddress}}' one)"
skiff exec one ping -c 1 -w 5 203.0.113.2 > /dev/null || fail "no way through the VLAN"
skiff exec one ping -c 1 -w 2 198.51.100.1 > /dev/null && fail "a way out of the VLAN"
skiff rm -f one > /dev/null
skiff network rm tagged > /dev/null
[ -e /sys/class/net/eth0.50 ] || fail "the VLAN went though a network is on it"
skiff network rm too > /dev/null
[ ! -e /sys/class/net/eth0.50 ] || fail "the VLAN stays"
# One that was there stays.
$ip link add link eth0 name eth0.60 type vlan id 60
skiff network create -d macvlan -o parent=eth0.60 foreign > /dev/null
skiff network rm foreign > /dev/null
[ -e /sys/class/net/eth0.60 ] || fail "a VLAN of somebody else's went"
$ip link delete eth0.60

# ipvlan: all share the parent's Ethernet address; L2 has the gateway, L3 is routed by the host's own tables.
mac=$(cat /sys/class/net/eth0/address)
for flag in bridge private vepa; do
    skiff network create -d ipvlan -o parent=eth0 -o ipvlan_flag=$flag --subnet 198.51.100.0/24 \
        --ip-range 198.51.100.128/25 --gateway 198.51.100.2 lan > /dev/null
    skiff run -d --name one --network lan "$IMAGE" sleep 1000 > /dev/null
    skiff run -d --name two --network lan "$IMAGE" sleep 1000 > /dev/null
    inside one $ip -d link show eth0 | grep -qE "ipvlan +mode l2 $flag" || fail "not in mode l2 $flag"
    expect "Ethernet address" "$mac" "$(skiff inspect -f '{{.NetworkSettings.Networks.lan.MacAddress}}' one)"
    expect "way out" "default via 198.51.100.2 dev eth0" "$(way_out one)"
    skiff exec one ping -c 1 -w 5 198.51.100.2 > /dev/null || fail "no way out in l2 $flag"
    reached=no
    ! skiff exec one ping -c 1 -w 2 two > /dev/null || reached=yes
    [ $flag = bridge ] && wanted=yes || wanted=no
    expect "one reaches two in l2 $flag" $wanted $reached
    skiff rm -f one two > /dev/null
    skiff network rm lan > /dev/null
done
for mode in l3 l3s; do
    skiff network create -d ipvlan -o parent=eth0 -o ipvlan_mode=$mode --ipv6 --subnet 10.9.0.0/24 \
        --subnet 2001:db8:9::/64 routed > /dev/null
    skiff run -d --name one --network routed "$IMAGE" sleep 1000 > /dev/null
    inside one $ip -d link show eth0 | grep -qE "ipvlan +mode $mode bridge" || fail "not in mode $mode"
    expect "address" 10.9.0.1 "$(skiff inspect -f '{{.NetworkSettings.Networks.routed.IPAddress}}' one)"
    expect "gateway" "" "$(skiff inspect -f '{{.NetworkSettings.Networks.routed.Gateway}}' one)"
    expect "way out" "default dev eth0 scope link" "$(way_out one)"
    inside one $ip -6 route show default | grep -q '^default dev eth0' || fail "no IPv6 default route"
    skiff exec one ping -c 1 -w 5 198.51.100.2 > /dev/null || fail "no way out in $mode"
    skiff run --rm --network routed "$IMAGE" ping -c 1 -w 5 one > /dev/null || fail "no way by name in $mode"
    skiff rm -f one > /dev/null
    skiff network rm routed > /dev/null
done

# A running container on a bridge joins and leaves an ipvlan.
skiff network create -d ipvlan -o parent=eth0 --subnet 198.51.100.0/24 --ip-range 198.51.100.128/25 \
    --gateway 198.51.100.2 lan > /dev/null
skiff network create zebra > /dev/null
exit_of skiff run --rm --network lan --mac-address 02:42:00:00:00:07 "$IMAGE" true
[ $STATUS = 125 ] && grep -q 'ipvlan interfaces do not support custom mac address assignment' /tmp/out ||
    fail "an Ethernet address for an ipvlan"
skiff run -d --name one --network zebra -p 8080:80 "$IMAGE" sleep 1000 > /dev/null
before=$(inside one $ip route)
skiff network connect lan one
expect "way out" "default via 198.51.100.2 dev eth1" "$(way_out one)"
skiff network disconnect lan one
expect "routes when it has left" "$before" "$(inside one $ip route)"
expect "interfaces when it has left" 2 "$(inside one $ip -o link | wc -l)"
skiff rm -f one > /dev/null
skiff network rm lan zebra > /dev/null
