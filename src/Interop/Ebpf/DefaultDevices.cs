namespace Skiff.Interop.Ebpf;

/// <summary>
/// The devices that every container may use, as under Docker: the standard nodes, terminals, and making nodes.
/// </summary>
public static class DefaultDevices
{
    private const DeviceKind C = DeviceKind.Character;

    /// <summary>
    /// The rules; append a container's own devices to them. FUSE (10:229) and TUN (10:200) are not among them.
    /// </summary>
    public static IReadOnlyList<DeviceRule> Rules { get; } =
    [
        DeviceRule.DenyAll,
        new(true, C, null, null, DeviceAccess.Mknod),
        new(true, DeviceKind.Block, null, null, DeviceAccess.Mknod),
        new(true, C, 1, 3), // null
        new(true, C, 1, 5), // zero
        new(true, C, 1, 7), // full
        new(true, C, 1, 8), // random
        new(true, C, 1, 9), // urandom
        new(true, C, 5, 0), // tty
        new(true, C, 5, 1), // console
        new(true, C, 5, 2), // ptmx
        new(true, C, 136, null), // pts/*
    ];
}
