# Each limit of the command line arrives in its file of the control group.
# short: 6.12
need_image busybox
disk=$(cat /sys/block/vda/dev)
skiff run -d --name limited --network none -m 64m --memory-reservation 32m --memory-swap 96m --cpus 0.5 \
    --cpu-shares 512 --cpuset-cpus 1 --cpuset-mems 0 --pids-limit 50 --blkio-weight 500 \
    --device-write-bps /dev/vda:1mb --device-read-iops /dev/vda:100 "$IMAGE" sleep 1000
cgroup=$(container_cgroup limited)
check() { expect "$1" "$2" "$(cat "$cgroup/$1")"; }
check memory.max 67108864
check memory.low 33554432
check memory.swap.max 33554432
check cpu.max "50000 100000"
check cpu.weight 59
check cpuset.cpus 1
check cpuset.mems 0
check pids.max 50
check io.weight "default 4950"
check io.max "$disk rbps=max wbps=1048576 riops=100 wiops=max"
expect "processors inside" 1 "$(skiff exec limited nproc)"
