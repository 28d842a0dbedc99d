# First half of tests/vm/power-cut: containers run and pulls go on until the host cuts the power.
# kernels: power-cut
need_image busybox
skiff run -d --name witness --network none "$IMAGE" sleep 1000
skiff run -d --rm --name fleeting --network none "$IMAGE" sleep 1000
echo "GROUND pulling" > /dev/console
while :; do
    skiff pull "$REGISTRY/big"
    skiff rmi "$REGISTRY/big"
done
