# A busy loop under --cpus 0.2 gets a fifth of a processor.
# short: 6.12
need_image busybox
skiff run -d --name busy --cpus 0.2 --network none "$IMAGE" sh -c 'while :; do :; done'
cgroup=$(container_cgroup busy)
expect "cpu.max" "20000 100000" "$(cat "$cgroup/cpu.max")"
sleep 1
before=$(usage_us "$cgroup") start=$(now_ms)
sleep 4
used=$(($(usage_us "$cgroup") - before)) passed=$(($(now_ms) - start))
share=$((used / 10 / passed))
echo "used $share % of a processor"
between "percent of a processor" 14 24 $share
