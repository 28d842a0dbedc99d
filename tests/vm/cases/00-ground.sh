# The ground itself: a unified cgroup tree with every controller, and the kernel features that the engine stands on.
# short: 6.1 6.12 arm64
for controller in cpuset cpu io memory pids; do
    grep -qw "$controller" /sys/fs/cgroup/cgroup.subtree_control || fail "controller $controller is missing"
done
for module in overlay erofs veth bridge nf_tables nft_masq nft_ct nft_chain_nat; do
    modprobe "$module" || fail "module $module does not load"
done
ip link add ground0 type veth peer name ground1
ip link del ground0
ping -c 1 -w 5 127.0.0.1 > /dev/null || fail "loopback is down"
