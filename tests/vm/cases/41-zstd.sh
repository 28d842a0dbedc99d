# A zstd layer is pulled and runs.
need_image busybox:zstd
expect "output" "zstd" "$(skiff run --rm --network none "$IMAGE" echo zstd)"
