# SCTP through a published port, which needs a module that few hosts have: from another machine, whose address the
# container sees, from the host and from a container; what `port` says, and ports that somebody has.
# short: 6.1 6.12
# packages: iproute2 libbpf1 libelf1 libmnl0 libbsd0 libmd0
need_image busybox
. /payload/cases/links-lib
modprobe sctp || fail "this kernel has no SCTP"
$ip address add 2001:db8:51::1/64 dev eth0 nodad
out $ip address add 2001:db8:51::2/64 dev eth0 nodad

# sctp.py serve ADDRESS PORT tells each who connects its address; ask ADDRESS PORT [OWN] says what that is.
cat > /tmp/sctp.py << 'PYTHON'
import socket, sys
verb, address, port, *own = sys.argv[1:]
v6 = ':' in address
one = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP)
if v6: one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
if verb == 'ask':
    one.settimeout(4)
    if own: one.bind((own[0], 0))
    one.connect((address, int(port)))
    print(one.recv(100).decode())
    sys.exit()
one.bind((address, int(port)))
one.listen()
while True:
    connection, peer = one.accept()
    connection.sendall(peer[0].encode())
    connection.close()
PYTHON
# Whom the server sees; nothing when nobody answers.
ask() { python3 /tmp/sctp.py ask "$@" 2> /dev/null; }
out_ask() { out python3 /tmp/sctp.py ask "$@" 2> /dev/null; }
peer_ask() { inside peer python3 /tmp/sctp.py ask "$@" 2> /dev/null; }
is_served() { [ -n "$(peer_ask "$1" 9001)" ]; }

skiff network create --ipv6 --subnet 10.97.0.0/24 --subnet 2001:db8:97::/64 net > /dev/null
start_web() {
    skiff run -d --name web --network net --ip 10.97.0.7 --ip6 2001:db8:97::7 "$@" "$IMAGE" sleep 1000 > /dev/null
    inside web python3 /tmp/sctp.py serve 0.0.0.0 9001 &
    inside web python3 /tmp/sctp.py serve :: 9001 &
    eventually 20 is_served 10.97.0.7
    eventually 20 is_served 2001:db8:97::7
}
skiff run -d --name peer --network net "$IMAGE" sleep 1000 > /dev/null

start_web
expect "not published" "" "$(out_ask 198.51.100.1 9000)"
skiff rm -f web > /dev/null

start_web -p 9000:9001/sctp
expect "port" "9001/sctp -> 0.0.0.0:9000,9001/sctp -> [::]:9000," "$(skiff port web | tr '\n' ,)"
expect "port 9001/sctp" "0.0.0.0:9000,[::]:9000," "$(skiff port web 9001/sctp | tr '\n' ,)"
expect "from outside" 198.51.100.2 "$(out_ask 198.51.100.1 9000 198.51.100.2)"
expect "from outside by IPv6" 2001:db8:51::2 "$(out_ask 2001:db8:51::1 9000 2001:db8:51::2)"
expect "from the host" 10.97.0.1 "$(ask 127.0.0.1 9000 127.0.0.1)"
expect "from a container by the host's address" 10.97.0.1 "$(peer_ask 198.51.100.1 9000)"
out_ask 198.51.100.1 9001 > /dev/null && fail "the container's own port is open, too"

exit_of skiff run --rm -p 9000:9001/sctp "$IMAGE" true
[ $STATUS = 125 ] && grep -q 'Bind for 0.0.0.0:9000 failed: port is already allocated' /tmp/out ||
    fail "published twice: $STATUS"
skiff run --rm -p 9000:9001/tcp "$IMAGE" true || fail "a port of TCP is another one"

skiff rm -f web > /dev/null
[ -z "$(out_ask 198.51.100.1 9000)" ] || fail "the port is still published"
python3 /tmp/sctp.py serve 0.0.0.0 9000 &
server=$!
listens() { [ -n "$(ask 127.0.0.1 9000)" ]; }
eventually 20 listens
exit_of skiff run --rm -p 9000:9001/sctp "$IMAGE" true
[ $STATUS = 125 ] && grep -q 'failed to bind host port 0.0.0.0:9000/sctp: address already in use' /tmp/out ||
    fail "a port of the host's: $STATUS"
kill $server
