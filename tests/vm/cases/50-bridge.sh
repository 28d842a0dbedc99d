# The default bridge on this kernel's nf_tables: an address, a gateway, a published port.
# short: 6.1 6.12
need_image busybox
skiff run -d --name web -p 8080:80 "$IMAGE" sh -c 'echo served > /tmp/index.html && httpd -f -p 80 -h /tmp'
skiff exec web ip -4 addr show eth0 | grep -q 'inet ' || fail "no address"
page() { [ "$(wget -q -O - http://127.0.0.1:8080/index.html 2>/dev/null)" = served ]; }
eventually 10 page
gateway=$(skiff exec web ip route | awk '/^default/ { print $3 }')
skiff exec web ping -c 1 -w 5 "$gateway" > /dev/null || fail "the gateway $gateway does not answer"
skiff rm -f web
timeout 2 wget -q -O - http://127.0.0.1:8080/index.html > /dev/null 2>&1 && fail "the port is still published"
true
