# stats shows what the control group's files say, also of a container that computes, reads and writes.
# short: 6.12
need_image busybox
skiff run -d --name calm --network none -m 64m --pids-limit 20 "$IMAGE" sleep 1000
skiff run -d --name busy --network none "$IMAGE" sh -c 'while :; do :; done'
row() { skiff stats --no-stream --format "{{.$2}}" "$1"; }
expect "pids" 1 "$(row calm PIDs)"
case $(row calm MemUsage) in *" / 64MiB") ;; *) echo "memory: $(row calm MemUsage)"; exit 1 ;; esac
expect "swap" 0B "$(row calm SwapUsage)"
share=$(row busy CPUPerc)
between "percent of a processor" 60 110 "${share%%.*}"
skiff exec calm dd if=/dev/zero of=/file bs=1M count=8 conv=fsync
case $(row calm BlockIO) in *" / 8."*MB) ;; *) echo "block io: $(row calm BlockIO)"; exit 1 ;; esac
case $(row busy CPUPressure) in *%" / "*%) ;; *) echo "pressure: $(row busy CPUPressure)"; exit 1 ;; esac
