using Skiff.Interop.Syscalls;
using static Skiff.Interop.Processes.ProcessConstants;

namespace Skiff.Interop.Processes;

// Files and descriptors. Directories are an Fd, an earlier step, or Fd.Cwd.
public sealed partial class LaunchProgram
{
    private const int OpenHowLength = 24;

    /// <summary>openat(2), with O_CLOEXEC; the result is the descriptor.</summary>
    public LaunchStep OpenAt(
        StepArgument directory, string path, OpenFlags flags, uint mode = 0, OnError onError = default) =>
        Opening("openat", path, SyscallNumbers.openat, onError,
            directory, Text(path), (int)(flags | OpenFlags.O_CLOEXEC), mode);

    /// <summary>openat2(2), with O_CLOEXEC; the result is the descriptor.</summary>
    public LaunchStep OpenAt2(
        StepArgument root, string path, OpenFlags flags, ResolveFlags resolve, uint mode = 0,
        OnError onError = default) =>
        Opening("openat2", path, SyscallNumbers.openat2, onError,
            root, Text(path), Words((ulong)(flags | OpenFlags.O_CLOEXEC), mode, (ulong)resolve), OpenHowLength);

    /// <summary>close(2) of a descriptor that <paramref name="opened"/> gave.</summary>
    public LaunchStep Close(LaunchStep opened) =>
        Add(new StepInfo("close", InfoOf(opened.Index).Path) { Closes = opened.Index }, SyscallNumbers.close,
            OnError.Ignore, [opened]);

    /// <summary>mkdirat(2); the process' umask applies (<see cref="Umask"/>).</summary>
    public LaunchStep MkdirAt(StepArgument directory, string path, uint mode, OnError onError = default) =>
        Call("mkdirat", path, SyscallNumbers.mkdirat, onError, directory, Text(path), mode);

    /// <summary>symlinkat(2).</summary>
    public LaunchStep SymlinkAt(string target, StepArgument directory, string path, OnError onError = default) =>
        Call($"symlinkat({target})", path, SyscallNumbers.symlinkat, onError, Text(target), directory, Text(path));

    /// <summary>mknodat(2); <paramref name="mode"/> includes the type (S_IFCHR, S_IFBLK, S_IFIFO, S_IFREG).</summary>
    public LaunchStep MknodAt(
        StepArgument directory, string path, uint mode, uint major = 0, uint minor = 0, OnError onError = default) =>
        Call("mknodat", path, SyscallNumbers.mknodat, onError, directory, Text(path), mode, DeviceNumber(major, minor));

    /// <summary>fchmod(2).</summary>
    public LaunchStep Fchmod(StepArgument fd, uint mode, OnError onError = default) =>
        Call("fchmod", null, SyscallNumbers.fchmod, onError, fd, mode);

    /// <summary>fchmodat(2), following symlinks.</summary>
    public LaunchStep FchmodAt(StepArgument directory, string path, uint mode, OnError onError = default) =>
        Call("fchmodat", path, SyscallNumbers.fchmodat, onError, directory, Text(path), mode);

    /// <summary>fchown(2).</summary>
    public LaunchStep Fchown(StepArgument fd, uint uid, uint gid, OnError onError = default) =>
        Call("fchown", null, SyscallNumbers.fchown, onError, fd, uid, gid);

    /// <summary>fchownat(2), not following a final symlink.</summary>
    public LaunchStep FchownAt(StepArgument directory, string path, uint uid, uint gid, OnError onError = default) =>
        Call("fchownat", path, SyscallNumbers.fchownat, onError, directory, Text(path), uid, gid, AT_SYMLINK_NOFOLLOW);

    /// <summary>unlinkat(2); <paramref name="directoryEntry"/> is AT_REMOVEDIR.</summary>
    public LaunchStep UnlinkAt(
        StepArgument directory, string path, bool directoryEntry = false, OnError onError = default) =>
        Call("unlinkat", path, SyscallNumbers.unlinkat, onError, directory, Text(path), directoryEntry
            ? AT_REMOVEDIR : 0);

    /// <summary>write(2) of a short text, as files in procfs and cgroupfs take it: at once or not at all.</summary>
    /// <param name="fd">Where to.</param>
    /// <param name="text">What; no NUL is written.</param>
    /// <param name="path">What the descriptor is, for the error.</param>
    /// <param name="onError">What to do when it fails.</param>
    public LaunchStep Write(StepArgument fd, string text, string? path = null, OnError onError = default)
    {
        LaunchMemory memory = Text(text);
        return Call("write", path, SyscallNumbers.write, onError, fd, memory, memory.Length - 1);
    }

    /// <summary>Opens <paramref name="path"/>, writes <paramref name="text"/> and closes it.</summary>
    public void WriteFile(
        StepArgument directory, string path, string text, OpenFlags flags = OpenFlags.O_WRONLY, uint mode = 0x1A4)
    {
        LaunchStep file = OpenAt(directory, path, flags, mode);
        Write(file, text, path);
        Close(file);
    }

    /// <summary>read(2) of one byte: the child waits until the parent writes to the pipe or closes it.</summary>
    public LaunchStep WaitForByte(StepArgument pipe) =>
        Call("read", "pipe of the launching process", SyscallNumbers.read, pipe, Reserve(1), 1);

    /// <summary>pread64(2); the result is the count.</summary>
    public LaunchStep PRead(StepArgument fd, LaunchMemory buffer, OnError onError = default) =>
        Call("pread", null, SyscallNumbers.pread64, onError, fd, buffer, buffer.Length, 0);

    /// <summary>
    /// dup3(2): <paramref name="fd"/> becomes number <paramref name="target"/>, closed by exec only when
    /// <paramref name="onExec"/>. EINVAL when they are the same. Needs the child's own descriptor table.
    /// </summary>
    public LaunchStep Dup3(StepArgument fd, int target, OnError onError = default, bool onExec = false) =>
        Add(new StepInfo($"dup3({target})", null) { NeedsOwnFiles = true }, SyscallNumbers.dup3, onError,
            [fd, target, onExec ? (int)OpenFlags.O_CLOEXEC : 0]);

    /// <summary>fcntl(F_DUPFD_CLOEXEC): a copy at <paramref name="minimum"/> or above.</summary>
    public LaunchStep DupAbove(StepArgument fd, int minimum) =>
        Opening("fcntl(F_DUPFD_CLOEXEC)", null, SyscallNumbers.fcntl, OnError.Fail,
            fd, F_DUPFD_CLOEXEC, minimum);

    /// <summary>
    /// close_range(2), Linux 5.9, with CLOSE_RANGE_UNSHARE: from here on the child has its own table, and
    /// <paramref name="first"/> and above are closed at once (default) or by exec (<paramref name="onExec"/>, Linux
    /// 5.11).
    /// </summary>
    public LaunchStep CloseRange(uint first, bool onExec = false) =>
        Add(new StepInfo($"close_range({first})", null) { UnsharesFiles = true }, SyscallNumbers.close_range,
            OnError.Fail, [first, uint.MaxValue, CLOSE_RANGE_UNSHARE | (onExec ? CLOSE_RANGE_CLOEXEC : 0)]);

    /// <summary>ioctl(2) with a number, or a pointer to program memory, as argument.</summary>
    public LaunchStep Ioctl(
        StepArgument fd, ulong request, StepArgument argument, string name, OnError onError = default,
        bool opensFd = false) =>
        Add(new StepInfo($"ioctl({name})", null) { OpensFd = opensFd }, SyscallNumbers.ioctl, onError,
            [fd, request, argument]);

    /// <summary>
    /// socket(2), close-on-exec; the result is the descriptor, and it belongs to the child's network namespace.
    /// </summary>
    public LaunchStep Socket(int family, int type, int protocol) =>
        Opening($"socket({family}, {type}, {protocol})", null, SyscallNumbers.socket, OnError.Fail,
            family, type | (int)OpenFlags.O_CLOEXEC, protocol);

    // The kernel's wide dev_t: 12 bits of major, 20 of minor, interleaved.
    private static ulong DeviceNumber(uint major, uint minor) =>
        (minor & 0xFF) | ((major & 0xFFF) << 8) | ((ulong)(minor & ~0xFFu) << 12);
}
