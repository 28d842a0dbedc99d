# Containers on a VLAN that have their addresses of busybox's DHCP server there: given, renewed, given back.
# short: 6.1 6.12
# packages: iproute2 libbpf1 libelf1 libmnl0 libbsd0 libmd0
need_image busybox
. /payload/cases/links-lib
cat > /tmp/udhcpd.conf << CONF
start 203.0.113.60
end 203.0.113.80
interface eth0.50
lease_file /tmp/leases
pidfile /tmp/udhcpd.pid
auto_time 1
option subnet 255.255.255.0
option router 203.0.113.2
option dns 203.0.113.2
option domain example.org
option lease 6
CONF
: > /tmp/leases
nsenter -t $outside -n busybox udhcpd -f /tmp/udhcpd.conf > /tmp/udhcpd.log 2>&1 &
server=$!
skiff network create -d macvlan --ipam-driver dhcp -o parent=eth0.50 lan > /dev/null
expect "IPAM driver" dhcp "$(skiff network inspect -f '{{.IPAM.Driver}}' lan)"
address_of() { skiff inspect -f '{{.NetworkSettings.Networks.lan.IPAddress}}' "$1"; }
has() { skiff exec "$1" ip -4 addr show "$3" | grep -q "inet $2/24"; }

skiff run -d --name one --network lan "$IMAGE" sleep 1000 > /dev/null
first=$(address_of one)
has one "$first" eth0 || fail "one has no address $first"
expect "way out" "default via 203.0.113.2 dev eth0" "$(way_out one)"
skiff exec one ping -c 1 -w 5 203.0.113.2 > /dev/null || fail "no way out"
skiff exec one grep -q '^search example.org' /etc/resolv.conf || fail "not the server's domain"
skiff exec one grep -q "^$first" /etc/hosts || fail "not in its hosts file"
skiff run --rm --network lan "$IMAGE" ping -c 1 -w 5 one > /dev/null || fail "no way by name"

# One that runs joins, and its monitor keeps that address, too.
skiff run -d --name two "$IMAGE" sleep 1000 > /dev/null
skiff network connect lan two
second=$(address_of two)
has two "$second" eth1 || fail "two has no address $second"
[ "$first" != "$second" ] || fail "both have $first"

# Longer than a lease, and without a monitor for a while. Nobody has said that an address went.
sleep 8
kill -KILL "$(cat "/proc/$(field one Pid)/status" | awk '/^PPid/ { print $2 }')"
skiff ps > /dev/null
sleep 8
has one "$first" eth0 || fail "one has lost $first"
has two "$second" eth1 || fail "two has lost $second"
dmesg | grep 'its address was' && fail "a lease has ended"

# Without its server it ends, and what was given is not used any more; with it all is well again.
kill $server
gone() { ! has one "$first" eth0; }
eventually 20 gone
nsenter -t $outside -n busybox udhcpd -f /tmp/udhcpd.conf > /tmp/udhcpd.log 2>&1 &
server=$!
back() { new=$(address_of one); [ -n "$new" ] && has one "$new" eth0; }
eventually 30 back
skiff exec one grep -q "^$new" /etc/hosts || fail "not in its hosts file again"

# Given back: what is not has half a lease left at least.
skiff network disconnect lan two
skiff rm -f one two > /dev/null
kill $server # It writes its leases down.
out busybox dumpleases -r -f /tmp/leases > /tmp/left
grep -q " one *expired" /tmp/left && grep -q " two *expired" /tmp/left || fail "not given back: $(cat /tmp/left)"
exit_of skiff run --rm --network lan "$IMAGE" true
[ $STATUS = 125 ] && grep -q 'network lan: no DHCP server answers, though asked 3 times' /tmp/out ||
    fail "no word of a server that is not there"
skiff network rm lan > /dev/null
[ ! -e /sys/class/net/eth0.50 ] || fail "the VLAN stays"
