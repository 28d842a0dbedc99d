# Limits for all containers of a network together, and published ports at the host's [::1].
# short: 6.1 6.12
need_image busybox
skiff network create --ipv6 -o io.skiff.bandwidth.total.egress=8M -o io.skiff.bandwidth.total.ingress=8M slow \
    > /dev/null
skiff run -d --name web -p 8080:80 -p 8081:81 --network slow "$IMAGE" sh -c 'echo served > /tmp/index.html &&
    dd if=/dev/zero of=/tmp/big bs=1M count=4 && (sleep 1000 | nc -l -p 81 | wc -c > /tmp/count) &
    exec httpd -f -p 80 -h /tmp' > /dev/null
page() { [ "$(timeout 5 wget -q -O - "http://$1:8080/index.html" 2>/dev/null)" = served ]; }
for address in 127.0.0.1 '[::1]'; do eventually 20 page "$address"; done

# A second's worth passes at once.
before=$(now_ms)
expect "bytes that it sends" 4194304 "$(wget -q -O - 'http://[::1]:8080/big' | wc -c)"
between "milliseconds for what it sends" 2500 120000 $(($(now_ms) - before))
before=$(now_ms)
dd if=/dev/zero bs=1M count=4 2> /dev/null | nc 127.0.0.1 8081
all_there() { [ "$(skiff exec web cat /tmp/count)" = 4194304 ]; }
eventually 60 all_there
between "milliseconds for what it receives" 2500 120000 $(($(now_ms) - before))

skiff rm -f web > /dev/null
page '[::1]' && fail "[::1] still serves"
skiff network rm slow > /dev/null
