using System.Runtime.InteropServices;
using System.Text;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;
using static Skiff.Interop.Mounts.MountConstants;

namespace Skiff.Interop.Mounts;

/// <summary>
/// The mount API (fsopen, fsconfig, fsmount, open_tree, move_mount, mount_setattr; Linux 5.2 and 5.12) and the older
/// mount(2).
/// Results are detached mounts unless said otherwise: closing the last descriptor of one that was never attached
/// unmounts it.
/// </summary>
public static unsafe partial class Mounts
{
    /// <summary>fsopen(2): a filesystem context.</summary>
    public static Fd FsOpen(string type)
    {
        using var p = new NativePath(type);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return new Fd(
                (int)Native.Check(Native.syscall(SyscallNumbers.fsopen, (nint)name, (nint)FSOPEN_CLOEXEC), "fsopen",
                    type));
    }

    /// <summary>fsconfig(FSCONFIG_SET_STRING); values are at most 255 bytes long.</summary>
    public static void FsConfigString(Fd context, string key, string value)
    {
        using var k = new NativePath(key);
        using var v = new NativePath(value);
        fixed (byte* pk = k.Bytes, pv = v.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            Configure(context, FSCONFIG_SET_STRING, pk, pv, $"{key}={value}");
    }

    /// <summary>fsconfig(FSCONFIG_SET_FLAG).</summary>
    public static void FsConfigFlag(Fd context, string key)
    {
        using var k = new NativePath(key);
        fixed (byte* pk = k.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            Configure(context, FSCONFIG_SET_FLAG, pk, null, key);
    }

    /// <summary>fsconfig(FSCONFIG_SET_FD): overlayfs takes layers that way (Linux 6.13).</summary>
    public static void FsConfigFd(Fd context, string key, Fd value)
    {
        using var k = new NativePath(key);
        fixed (byte* pk = k.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            Configure(context, FSCONFIG_SET_FD, pk, null, $"{key}={value}", value.Number);
    }

    /// <summary>fsconfig(FSCONFIG_CMD_CREATE): makes the superblock.</summary>
    public static void FsConfigCreate(Fd context) => Configure(context, FSCONFIG_CMD_CREATE, null, null, "create");

    /// <summary>fsmount(2): a detached mount with MOUNT_ATTR_* attributes.</summary>
    public static Fd FsMount(Fd context, uint attributes) =>
        new((int)Native.Check(
            Native.syscall(SyscallNumbers.fsmount, context.Number, (nint)FSOPEN_CLOEXEC, (nint)attributes), "fsmount"));

    /// <summary>
    /// A new filesystem from <c>key=value</c> options and MOUNT_ATTR_* attributes, in one call; detached.
    /// </summary>
    public static Fd CreateFilesystem(string type, ReadOnlySpan<string> options, uint attributes)
    {
        using Fd context = FsOpen(type);
        foreach (string option in options)
        {
            int equals = option.IndexOf('=');
            if (equals < 0) FsConfigFlag(context, option);
            else FsConfigString(context, option[..equals], option[(equals + 1)..]);
        }
        FsConfigCreate(context);
        return FsMount(context, attributes);
    }

    /// <summary>
    /// open_tree(2) with OPEN_TREE_CLONE: a detached copy of the mount (from this directory or file on).
    /// </summary>
    public static Fd CloneTree(Fd directory, string path, bool recursive)
    {
        uint flags =
            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0) | (path.Length == 0 ? AT_EMPTY_PATH
                : 0);
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
        {
            nint r = Native.syscall(SyscallNumbers.open_tree, directory.Number, (nint)name, (nint)flags);
            return r == -1
                ? throw new LinuxException(Native.LastErrno, "open_tree", path.Length > 0 ? path : directory.ToString(
                )) : new Fd((int)r);
        }
    }

    /// <summary>
    /// mount_setattr(2) on a mount's descriptor: sets and clears MOUNT_ATTR_*, and MS_* propagation unless 0.
    /// </summary>
    public static void SetAttributes(Fd mount, ulong set, ulong clear = 0, ulong propagation = 0, bool recursive =
        false)
    {
        ulong* attributes = stackalloc ulong[4] { set, clear, propagation, 0 }; // struct mount_attr, 32 bytes.
        byte empty = 0;
        nint r = Native.syscall(SyscallNumbers.mount_setattr, mount.Number, (nint)(&empty),
            (nint)(AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0)), (nint)attributes, 32);
        if (r == -1) throw new LinuxException(Native.LastErrno, "mount_setattr", mount.ToString());
    }

    /// <summary>
    /// mount_setattr(2) with MOUNT_ATTR_IDMAP: files show the ids that the user namespace gives theirs. For a detached
    /// mount that was not mapped before, of a filesystem that can do it (EINVAL otherwise).
    /// </summary>
    public static void SetIdMap(Fd mount, Fd userNamespace, bool recursive)
    {
        // struct mount_attr: set, clear, propagation, userns_fd.
        ulong* attributes = stackalloc ulong[4] { MOUNT_ATTR_IDMAP, 0, 0, (ulong)userNamespace.Number };
        byte empty = 0;
        nint r = Native.syscall(SyscallNumbers.mount_setattr, mount.Number, (nint)(&empty),
            (nint)(AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0)), (nint)attributes, 32);
        GC.KeepAlive(userNamespace);
        if (r == -1) throw new LinuxException(Native.LastErrno, "mount_setattr(MOUNT_ATTR_IDMAP)", mount.ToString());
    }

    /// <summary>move_mount(2): attaches a detached mount at a path.</summary>
    public static void Attach(Fd mount, string target)
    {
        byte empty = 0;
        using var p = new NativePath(target);
        nint r;
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            r = Native.syscall(SyscallNumbers.move_mount, mount.Number, (nint)(&empty), Fd.Cwd.Number, (nint)name,
                (nint)MOVE_MOUNT_F_EMPTY_PATH);
        if (r == -1) throw new LinuxException(Native.LastErrno, "move_mount", target);
    }

    /// <summary>move_mount(2): attaches a detached mount on what a descriptor is of.</summary>
    public static void Attach(Fd mount, Fd target)
    {
        byte empty = 0; // SAFETY: an empty path with its NUL, on the stack during the call.
        nint r = Native.syscall(SyscallNumbers.move_mount, mount.Number, (nint)(&empty), target.Number, (nint)(&empty),
            (nint)(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
        if (r == -1) throw new LinuxException(Native.LastErrno, "move_mount", target.ToString());
    }

    /// <summary>mount(2), MS_* flags; attached at once.</summary>
    public static void Mount(string source, string target, string type, ulong flags, string data = "")
    {
        Errno errno = TryMount(source, target, type, flags, data);
        if (errno != Errno.None) throw new LinuxException(errno, $"mount({type})", target);
    }

    /// <summary>As <see cref="Mount"/>, with the errno as result.</summary>
    public static Errno TryMount(string source, string target, string type, ulong flags, string data = "")
    {
        using var s = new NativePath(source);
        using var t = new NativePath(target);
        using var f = new NativePath(type);
        using var d = new NativePath(data);
        // SAFETY: NUL-terminated, pinned for the call.
        fixed (byte* ps = s.Bytes, pt = t.Bytes, pf = f.Bytes, pd = d.Bytes)
            return Native.syscall(SyscallNumbers.mount, (nint)ps, (nint)pt, (nint)pf, (nint)flags, (nint)pd) == -1
                ? Native.LastErrno : Errno.None;
    }

    /// <summary>
    /// umount2(2) with UMOUNT_NOFOLLOW; <paramref name="detach"/> is MNT_DETACH. EINVAL: nothing is mounted there.
    /// </summary>
    public static Errno TryUnmount(string target, bool detach)
    {
        using var t = new NativePath(target);
        fixed (byte* pt = t.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Native.syscall(SyscallNumbers.umount2, (nint)pt, UMOUNT_NOFOLLOW | (detach ? MNT_DETACH : 0)) == -1
                ? Native.LastErrno : Errno.None;
    }

    private static void Configure(Fd context, uint command, byte* key, byte* value, string what, int auxiliary = 0)
    {
        nint r = Native.syscall(
            SyscallNumbers.fsconfig, context.Number, (nint)command, (nint)key, (nint)value, auxiliary);
        if (r != -1) return;
        Errno errno = Native.LastErrno;
        throw new LinuxException(errno, "fsconfig", what + Log(context));
    }

    // The context keeps the kernel's own words: one "e text" message a read(2), ENODATA at the end.
    private static string Log(Fd context)
    {
        var words = new StringBuilder();
        Span<byte> message = stackalloc byte[512];
        while (Files.TryRead(context, message, out int count) == Errno.None && count > 2)
            words.Append(": ").Append(Encoding.UTF8.GetString(message[2..count]).Trim());
        return words.ToString();
    }
}
