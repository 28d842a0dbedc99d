# The main path on every kernel and architecture: pull from a registry, run, exec, exit codes, stop.
# short: 6.1 6.12 arm64
need_image busybox
expect "output" "hello" "$(skiff run --rm --network none "$IMAGE" echo hello)"
expect "machine" "$(uname -m)" "$(skiff run --rm --network none "$IMAGE" uname -m)"
exit_of skiff run --rm --network none "$IMAGE" sh -c 'exit 7'
expect "exit status" 7 $STATUS
exit_of skiff run --rm --network none "$IMAGE" /no/such/program
expect "exit status of a missing program" 127 $STATUS
# Filter mode of seccomp and no process but its own: the environment that Docker gives.
expect "seccomp mode" 2 "$(skiff run --rm --network none "$IMAGE" sed -n 's/^Seccomp:[^0-9]*//p' /proc/self/status)"
expect "own pid" 1 "$(skiff run --rm --network none "$IMAGE" sh -c 'echo $$')"
expect "a refused call" "refused" \
    "$(skiff run --rm --network none "$IMAGE" sh -c 'mount -t tmpfs x /tmp || echo refused' 2>/dev/null)"
skiff run -d --name web --network none "$IMAGE" sleep 1000
expect "exec" "inside" "$(skiff exec web echo inside)"
expect "state" "running" "$(field web Status)"
skiff rm -f web
