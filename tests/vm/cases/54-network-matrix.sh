# The matrix of networks, as NetworkMatrixTests (System) has it, with what a host's kernel may lack: ipvlan, and the
# dummy interfaces of internal networks without a parent. Driver x version of IP x feature.
# packages: iproute2 libbpf1 libelf1 libmnl0 libbsd0 libmd0
need_image busybox
. /payload/cases/links-lib

$ip address add 2001:db8:51::1/64 dev eth0 nodad
$ip route add default via 198.51.100.2
$ip -6 route add default via 2001:db8:51::2
out $ip link set lo up
out $ip address add 2001:db8:51::2/64 dev eth0 nodad
out $ip address add 203.0.113.1/32 dev lo
out $ip address add 2001:db8:113::1/128 dev lo nodad
mkdir -p /tmp/page/cgi-bin
who_page='#!/bin/sh
printf "Content-Type: text/plain\n\n%s\n" "$REMOTE_ADDR"'
printf '%s' "$who_page" > /tmp/page/cgi-bin/who
chmod 755 /tmp/page/cgi-bin/who
out httpd -p 80 -h /tmp/page
serve='mkdir -p /www/cgi-bin; printf "%s" "$1" > /www/cgi-bin/who; chmod 755 /www/cgi-bin/who; exec httpd -f -h /www'

of() {
    [ $v = 4 ] && of_field=IPAddress || of_field=GlobalIPv6Address
    skiff inspect -f "{{.NetworkSettings.Networks.$2.$of_field}}" "$1"
}
url() { case $1 in *:*) echo "http://[$1]:$2/cgi-bin/who" ;; *) echo "http://$1:$2/cgi-bin/who" ;; esac; }
# ask ADDRESS PORT COMMAND...: who the server there says has asked.
ask() { ask_url=$(url "$1" "$2"); shift 2; "$@" timeout 3 wget -q -O - "$ask_url" | sed 's/::ffff://; s/[][]//g'; }
closed() { [ -z "$(ask "$@")" ]; }
on_wire() { [ $driver != bridge ]; }
no_ports() { closed "$1" 8080 && reason=n/a; }

address() { inside web $ip -o -$v addr show dev eth0 | grep -F " $(of web net)/"; }
gateway() {
    way=$(inside web $ip -$v route show default | sed -n 's/^default via \([^ ]*\).*/\1/p')
    [ -n "$way" ] && inside web ping -c 1 -w 5 "$way"
}
outside() {
    seen=$(ask $far 80 inside web)
    if on_wire; then [ "$seen" = "$(of web net)" ]; else [ "$seen" = $host ]; fi
}
names() { inside peer nslookup -type=$kind web 127.0.0.11 | grep -F "$(of web net)"; }
port() { if on_wire; then no_ports $host; else [ -n "$(ask $host 8080)" ]; fi; }
from_outside() {
    if on_wire; then [ "$(ask "$(of web net)" 80 out)" = $router ]; else [ "$(ask $host 8080 out)" = $router ]; fi
}
loopback() {
    [ $v = 4 ] && own=127.0.0.1 || own=::1
    if on_wire; then no_ports $own; else [ -n "$(ask $own 8080)" ]; fi
}
hairpin() { if on_wire; then no_ports $host; else [ -n "$(ask $host 8080 inside web)" ]; fi; }
isolation() {
    closed "$(of web net)" 80 inside stranger && [ -n "$(ask "$(of web net)" 80 inside peer)" ] || return
    ! on_wire || closed "$(of web net)" 80
}
internal() {
    skiff network create -d $driver --internal --ipv6 --subnet 10.98.0.0/24 --subnet 2001:db8:54::/64 within &&
        skiff run -d --name one --network within "$IMAGE" sh -c "$serve" sh "$who_page" &&
        skiff run -d --name two --network within "$IMAGE" sleep 1000 || return
    eventually 10 reached_within
    [ -z "$(inside one $ip -$v route show default)" ] && closed $far 80 inside one &&
        closed "$(of one within)" 80 inside stranger && closed "$(of one within)" 80 out &&
        skiff rm -f one two && skiff network rm within
}
reached_within() { [ -n "$(ask "$(of one within)" 80 inside two)" ]; }
static() {
    mac='--mac-address 02:00:00:00:00:07'
    [ $driver != ipvlan ] || mac=
    skiff run -d --name fixed --network net $flag $chosen $mac "$IMAGE" sleep 1000 &&
        inside fixed $ip -o addr show dev eth0 | grep -F " $chosen/" || return
    [ -z "$mac" ] || inside fixed $ip -o link show dev eth0 | grep -F 02:00:00:00:00:07 || return
    skiff rm -f fixed
}
live() {
    before=$(inside stranger $ip -o addr show scope global; inside stranger $ip -$v route)
    closed "$(of web net)" 80 inside stranger && skiff network connect net stranger &&
        inside stranger $ip -o addr show dev eth1 | grep -F " $(of stranger net)/" &&
        [ -n "$(ask "$(of web net)" 80 inside stranger)" ] && skiff network disconnect net stranger &&
        [ "$before" = "$(inside stranger $ip -o addr show scope global; inside stranger $ip -$v route)" ]
}

features="address gateway outside names port from_outside loopback hairpin isolation internal static live"
failed= table=$(printf '%-14s' networks; printf '%-13s' $features)
row() {
    line=$(printf '%-14s' "$driver IPv$v")
    for feature in $features; do
        reason=
        if $feature > /tmp/cell 2>&1; then word=${reason:-pass}
        else
            word=FAIL failed="$failed $driver/IPv$v/$feature"
            sed "s/^/$feature: /" /tmp/cell
        fi
        line="$line$(printf '%-13s' $word)"
    done
    table="$table
$line"
}

skiff network create --ipv6 elsewhere > /dev/null
skiff run -d --name stranger --network elsewhere "$IMAGE" sleep 1000 > /dev/null
for driver in bridge macvlan ipvlan; do
    case $driver in
        bridge) skiff network create --ipv6 --subnet 10.97.0.0/24 --subnet 2001:db8:97::/64 net > /dev/null ;;
        *) skiff network create -d $driver -o parent=eth0 --ipv6 --subnet 198.51.100.0/24 \
            --ip-range 198.51.100.128/25 --gateway 198.51.100.2 --subnet 2001:db8:51::/64 \
            --ip-range 2001:db8:51::1:0/112 --gateway 2001:db8:51::2 net > /dev/null ;;
    esac
    skiff run -d --name web --network net -p 8080:80 "$IMAGE" sh -c "$serve" sh "$who_page" > /dev/null
    skiff run -d --name peer --network net "$IMAGE" sleep 1000 > /dev/null
    v=4 kind=a far=203.0.113.1 host=198.51.100.1 router=198.51.100.2 flag=--ip
    [ $driver = bridge ] && chosen=10.97.0.77 || chosen=198.51.100.77
    is_served() { [ -n "$(ask "$(of web net)" 80 inside peer)" ]; }
    eventually 20 is_served
    row
    v=6 kind=aaaa far=2001:db8:113::1 host=2001:db8:51::1 router=2001:db8:51::2 flag=--ip6
    [ $driver = bridge ] && chosen=2001:db8:97::77 || chosen=2001:db8:51::77
    row
    skiff rm -f web peer > /dev/null
    skiff network rm net > /dev/null
done
echo "$table"
echo "n/a: a station of the outer network publishes no ports"
[ -z "$failed" ] || fail "failed:$failed"
