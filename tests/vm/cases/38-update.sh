# update changes the limits of a container that runs, and what its next start gets.
# short: 6.12
need_image busybox
skiff run -d --name one --network none "$IMAGE" sleep 1000
skiff update -m 64m --memory-reservation 32m --memory-swap 96m --cpus 0.5 --cpu-shares 512 --cpuset-cpus 1 \
    --cpuset-mems 0 --pids-limit 50 --blkio-weight 500 one
cgroup=$(container_cgroup one)
check() { expect "$1" "$2" "$(cat "$cgroup/$1")"; }
check_all() {
    check memory.max 67108864
    check memory.low 33554432
    check memory.swap.max 33554432
    check cpu.max "50000 100000"
    check cpu.weight 59
    check cpuset.cpus 1
    check cpuset.mems 0
    check pids.max 50
    check io.weight "default 4950"
}
check_all
if skiff update -m 128m one; then echo "memory above the swap limit was taken"; exit 1; fi
check_all
skiff restart -t 0 one
cgroup=$(container_cgroup one)
check_all
skiff update --pids-limit -1 --cpu-quota -1 --memory-swap -1 one
check pids.max max
check cpu.max "max 100000"
check memory.swap.max max
check memory.max 67108864
