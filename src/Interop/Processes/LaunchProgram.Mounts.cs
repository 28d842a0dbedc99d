using Skiff.Interop.Syscalls;
using static Skiff.Interop.Mounts.MountConstants;

namespace Skiff.Interop.Processes;

// Mounts and the root directory. Flags are the kernel's numbers; names in the man pages.
public sealed partial class LaunchProgram
{
    private const int MountAttrLength = 32;

    /// <summary>mount(2).</summary>
    public LaunchStep Mount(
        string source, string target, string? type, ulong flags, string? data = null, OnError onError = default) =>
        Call(type is null ? "mount" : $"mount({type})", target, SyscallNumbers.mount, onError,
            Text(source), Text(target), OrNull(type), flags, OrNull(data));

    /// <summary>umount2(2).</summary>
    public LaunchStep Umount2(string target, int flags, OnError onError = default) =>
        Call("umount2", target, SyscallNumbers.umount2, onError, Text(target), flags);

    /// <summary>fsopen(2), Linux 5.2; the result is the filesystem context.</summary>
    public LaunchStep FsOpen(string type, OnError onError = default) =>
        Opening("fsopen", type, SyscallNumbers.fsopen, onError, Text(type), FSOPEN_CLOEXEC);

    /// <summary>fsconfig(FSCONFIG_SET_STRING).</summary>
    public LaunchStep FsConfigString(StepArgument context, string key, string value, OnError onError = default) =>
        FsConfig($"{key}={value}", context, FSCONFIG_SET_STRING, Text(key), Text(value), 0, onError);

    /// <summary>fsconfig(FSCONFIG_SET_FLAG).</summary>
    public LaunchStep FsConfigFlag(StepArgument context, string key, OnError onError = default) =>
        FsConfig(key, context, FSCONFIG_SET_FLAG, Text(key), 0, 0, onError);

    /// <summary>fsconfig(FSCONFIG_SET_FD).</summary>
    public LaunchStep FsConfigFd(StepArgument context, string key, StepArgument fd, OnError onError = default) =>
        FsConfig(key, context, FSCONFIG_SET_FD, Text(key), 0, fd, onError);

    /// <summary>fsconfig(FSCONFIG_CMD_CREATE): makes the superblock.</summary>
    public LaunchStep FsConfigCreate(StepArgument context, string? type = null, OnError onError = default) =>
        FsConfig(type ?? "create", context, FSCONFIG_CMD_CREATE, 0, 0, 0, onError);

    /// <summary>fsconfig(FSCONFIG_CMD_RECONFIGURE).</summary>
    public LaunchStep FsConfigReconfigure(StepArgument context, OnError onError = default) =>
        FsConfig("reconfigure", context, FSCONFIG_CMD_RECONFIGURE, 0, 0, 0, onError);

    /// <summary>
    /// fsmount(2), Linux 5.2; <paramref name="attributes"/> are MOUNT_ATTR_*; the result is a detached mount.
    /// </summary>
    public LaunchStep FsMount(StepArgument context, ulong attributes, OnError onError = default) =>
        Opening("fsmount", null, SyscallNumbers.fsmount, onError, context, FSMOUNT_CLOEXEC, attributes);

    /// <summary>move_mount(2) of a detached mount to a path.</summary>
    public LaunchStep MoveMount(StepArgument mount, StepArgument directory, string target, OnError onError = default) =>
        Call("move_mount", target, SyscallNumbers.move_mount, onError,
            mount, Text(""), directory, Text(target), MOVE_MOUNT_F_EMPTY_PATH);

    /// <summary>move_mount(2) of a detached mount to what <paramref name="target"/> (O_PATH) refers to.</summary>
    /// <param name="mount">The detached mount.</param>
    /// <param name="target">A descriptor of the mount point.</param>
    /// <param name="path">The mount point, for the error.</param>
    /// <param name="onError">What to do when it fails.</param>
    public LaunchStep MoveMountTo(
        StepArgument mount, StepArgument target, string? path = null, OnError onError = default) =>
        Call("move_mount", path, SyscallNumbers.move_mount, onError,
            mount, Text(""), target, Text(""), MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);

    /// <summary>
    /// open_tree(2), Linux 5.2, with OPEN_TREE_CLOEXEC; <paramref name="flags"/> may be OPEN_TREE_CLONE, AT_RECURSIVE
    /// ...
    /// </summary>
    public LaunchStep OpenTree(StepArgument directory, string path, uint flags, OnError onError = default) =>
        Opening("open_tree", path, SyscallNumbers.open_tree, onError,
            directory, Text(path), flags | OPEN_TREE_CLOEXEC);

    /// <summary>
    /// mount_setattr(2), Linux 5.12, on the mount at <paramref name="path"/>, or with "" and AT_EMPTY_PATH in
    /// <paramref name="flags"/> on <paramref name="directory"/> itself.
    /// </summary>
    public LaunchStep MountSetAttr(
        StepArgument directory, string path, uint flags, ulong set, ulong clear = 0, ulong propagation = 0,
        OnError onError = default) =>
        Call("mount_setattr", path, SyscallNumbers.mount_setattr, onError,
            directory, Text(path), flags, Words(set, clear, propagation, 0), MountAttrLength);

    /// <summary>mount_setattr(2) on a mount that a descriptor refers to.</summary>
    public LaunchStep MountSetAttr(StepArgument mount, ulong set, ulong clear = 0, OnError onError = default) =>
        MountSetAttr(mount, "", AT_EMPTY_PATH, set, clear, 0, onError);

    /// <summary>
    /// mount_setattr(MOUNT_ATTR_IDMAP), Linux 5.12, of a detached mount. EINVAL: its filesystem cannot map ids.
    /// </summary>
    /// <param name="mount">The mount.</param>
    /// <param name="userNamespace">Has the map; must stay open until the launch.</param>
    /// <param name="path">What is mounted, for the error.</param>
    public LaunchStep MapIds(StepArgument mount, Fd userNamespace, string path)
    {
        _borrowed.Add(userNamespace);
        return Call("mount_setattr(MOUNT_ATTR_IDMAP)", path, SyscallNumbers.mount_setattr, mount, Text(""),
            AT_EMPTY_PATH, Words(MOUNT_ATTR_IDMAP, 0, 0, (ulong)userNamespace.Number), MountAttrLength);
    }

    /// <summary>
    /// Gives the root of a mount an SELinux label, where the filesystem is one that takes labels and the root is the
    /// child's (EPERM: a namespace that was made before its user namespace had ids).
    /// </summary>
    public void LabelRoot(StepArgument mount, string label, string path)
    {
        LaunchStep root = OpenAt(mount, ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        LaunchMemory text = Text(label);
        Call($"fsetxattr({Selinux.Attribute}={label})", path, SyscallNumbers.fsetxattr,
            OnError.Ignoring(Errno.EOPNOTSUPP, Errno.EPERM), root, Text(Selinux.Attribute), text, text.Length - 1, 0);
        Close(root);
    }

    /// <summary>pivot_root(2).</summary>
    public LaunchStep PivotRoot(string newRoot, string putOld) =>
        Call($"pivot_root({putOld})", newRoot, SyscallNumbers.pivot_root, Text(newRoot), Text(putOld));

    /// <summary>chroot(2).</summary>
    public LaunchStep Chroot(string path) => Call("chroot", path, SyscallNumbers.chroot, Text(path));

    /// <summary>chdir(2).</summary>
    public LaunchStep Chdir(string path, OnError onError = default) =>
        Call("chdir", path, SyscallNumbers.chdir, onError, Text(path));

    /// <summary>fchdir(2).</summary>
    public LaunchStep Fchdir(StepArgument directory, string? path = null, OnError onError = default) =>
        Call("fchdir", path, SyscallNumbers.fchdir, onError, directory);

    private LaunchStep FsConfig(
        string what, StepArgument context, uint command, StepArgument key, StepArgument value, StepArgument aux,
        OnError onError) =>
        Call("fsconfig", what, SyscallNumbers.fsconfig, onError, context, command, key, value, aux);

    private StepArgument OrNull(string? text) => text is null ? 0 : Text(text);
}
