using System.Buffers;
using System.Text;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;
using Tmds.Linux;

namespace Skiff.Interop;

/// <summary>
/// File calls on descriptors and relative paths. Each is the man page's call with EINTR retried and failures thrown as
/// <see cref="LinuxException"/>; the Try forms return the errno instead.
/// </summary>
public static unsafe partial class Files
{
    internal const int RENAME_EXCHANGE = 2;

    /// <summary>openat(2), relative to <paramref name="directory"/> (<see cref="Fd.Cwd"/> for absolute paths), with
    /// O_CLOEXEC.</summary>
    public static Fd OpenAt(Fd directory, string path, OpenFlags flags, uint mode = 0)
    {
        Errno errno = TryOpenAt(directory, path, flags, mode, out Fd? fd);
        return errno == Errno.None ? fd! : throw new LinuxException(errno, "openat", Where(directory, path));
    }

    /// <summary>As <see cref="OpenAt"/>, with the errno as result and <paramref name="fd"/> null on failure.</summary>
    public static Errno TryOpenAt(Fd directory, string path, OpenFlags flags, uint mode, out Fd? fd)
    {
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
        {
            nint r;
            do r = Native.syscall(SyscallNumbers.openat, directory.Number, (nint)name,
                (nint)(flags | OpenFlags.O_CLOEXEC), (nint)mode);
            while (r == -1 && Native.LastErrno == Errno.EINTR);
            fd = r == -1 ? null : new Fd((int)r);
            return r == -1 ? Native.LastErrno : Errno.None;
        }
    }

    /// <summary>openat(2) of an absolute path (or one relative to the working directory), with O_CLOEXEC.</summary>
    public static Fd Open(string path, OpenFlags flags, uint mode = 0) => OpenAt(Fd.Cwd, path, flags, mode);

    /// <summary>
    /// openat2(2) (Linux 5.6): resolves <paramref name="path"/> under <paramref name="resolve"/>; retried on EAGAIN,
    /// which the kernel gives when a rename raced with the walk.
    /// </summary>
    public static Errno TryOpenAt2(
        Fd directory, string path, OpenFlags flags, uint mode, ResolveFlags resolve, out Fd? fd)
    {
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return TryOpenAt2Raw(directory, name, flags, mode, resolve, out fd);
    }

    /// <summary>As the other, with a raw NUL-terminated name.</summary>
    internal static Errno TryOpenAt2Raw(
        Fd directory, byte* name, OpenFlags flags, uint mode, ResolveFlags resolve, out Fd? fd)
    {
        ulong* how = stackalloc ulong[3] { (ulong)(flags | OpenFlags.O_CLOEXEC), mode, (ulong)resolve };
        for (int attempt = 0; ; attempt++)
        {
            // SAFETY: how is struct open_how, 24 bytes; the caller keeps the name pinned.
            nint r = Native.syscall(SyscallNumbers.openat2, directory.Number, (nint)name, (nint)how, 24);
            Errno errno = r == -1 ? Native.LastErrno : Errno.None;
            if (errno == Errno.EINTR || (errno == Errno.EAGAIN && attempt < 128)) continue;
            fd = r == -1 ? null : new Fd((int)r);
            return errno;
        }
    }

    /// <summary>
    /// As <see cref="TryOpenAt2(Fd, string, OpenFlags, uint, ResolveFlags, out Fd?)"/>, throwing on failure.
    /// </summary>
    public static Fd OpenAt2(Fd directory, string path, OpenFlags flags, uint mode, ResolveFlags resolve)
    {
        Errno errno = TryOpenAt2(directory, path, flags, mode, resolve, out Fd? fd);
        return errno == Errno.None ? fd! : throw new LinuxException(errno, "openat2", Where(directory, path));
    }

    /// <summary>read(2); 0 at the end of the file.</summary>
    public static int Read(Fd fd, Span<byte> buffer)
    {
        Errno errno = TryRead(fd, buffer, out int count);
        return errno == Errno.None ? count : throw new LinuxException(errno, "read", fd.ToString());
    }

    /// <summary>read(2) with the errno as result (EAGAIN on non-blocking descriptors, EIO on a hung-up pty).</summary>
    public static Errno TryRead(Fd fd, Span<byte> buffer, out int count)
    {
        fixed (byte* b = buffer) // SAFETY: pinned for the call, length from the span.
        {
            nint r;
            do r = (nint)LibC.read(fd.Number, b, buffer.Length);
            while (r == -1 && Native.LastErrno == Errno.EINTR);
            count = r == -1 ? 0 : (int)r;
            return r == -1 ? Native.LastErrno : Errno.None;
        }
    }

    /// <summary>pread(2); 0 at the end of the file.</summary>
    public static int PRead(Fd fd, Span<byte> buffer, long offset)
    {
        fixed (byte* b = buffer) // SAFETY: pinned for the call, length from the span.
        {
            nint r;
            do r = (nint)LibC.pread(fd.Number, b, buffer.Length, offset);
            while (r == -1 && Native.LastErrno == Errno.EINTR);
            // The errno is taken first: putting the descriptor into words makes calls of its own.
            return r == -1 ? throw new LinuxException(Native.LastErrno, "pread", fd.ToString()) : (int)r;
        }
    }

    /// <summary>write(2) once, with the errno as result; <paramref name="count"/> may be less than the buffer's
    /// length.</summary>
    public static Errno TryWrite(Fd fd, ReadOnlySpan<byte> buffer, out int count)
    {
        fixed (byte* b = buffer) // SAFETY: pinned for the call, length from the span.
        {
            nint r;
            do r = (nint)LibC.write(fd.Number, b, buffer.Length);
            while (r == -1 && Native.LastErrno == Errno.EINTR);
            count = r == -1 ? 0 : (int)r;
            return r == -1 ? Native.LastErrno : Errno.None;
        }
    }

    /// <summary>write(2) until every byte is written.</summary>
    public static void WriteAll(Fd fd, ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            Errno errno = TryWrite(fd, buffer, out int count);
            if (errno != Errno.None) throw new LinuxException(errno, "write", fd.ToString());
            buffer = buffer[count..];
        }
    }

    /// <summary>pwrite(2) until every byte is written at <paramref name="offset"/>.</summary>
    public static void PWriteAll(Fd fd, ReadOnlySpan<byte> buffer, long offset)
    {
        while (!buffer.IsEmpty)
        {
            nint r;
            fixed (byte* b = buffer) // SAFETY: pinned for the call, length from the span.
                r = (nint)LibC.pwrite(fd.Number, b, buffer.Length, offset);
            if (r == -1 && Native.LastErrno == Errno.EINTR) continue;
            if (r == -1) throw new LinuxException(Native.LastErrno, "pwrite", fd.ToString());
            buffer = buffer[(int)r..];
            offset += r;
        }
    }

    /// <summary>fsync(2).</summary>
    public static void Fsync(Fd fd)
    {
        if (LibC.fsync(fd.Number) == -1) throw new LinuxException(Native.LastErrno, "fsync", fd.ToString());
    }

    /// <summary>renameat2(2); <paramref name="noReplace"/> is RENAME_NOREPLACE (EEXIST when the target
    /// exists).</summary>
    public static Errno TryRenameAt(Fd fromDirectory, string from, Fd toDirectory, string to, bool noReplace = false)
    {
        using var a = new NativePath(from);
        using var b = new NativePath(to);
        fixed (byte* pa = a.Bytes, pb = b.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.syscall(SyscallNumbers.renameat2,
                fromDirectory.Number, (nint)pa, toDirectory.Number, (nint)pb, noReplace ? 1 : 0));
    }

    /// <summary>renameat2(2) with RENAME_EXCHANGE of absolute paths: both exist and change places at once.</summary>
    public static Errno TryExchange(string one, string other)
    {
        using var a = new NativePath(one);
        using var b = new NativePath(other);
        fixed (byte* pa = a.Bytes, pb = b.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.syscall(SyscallNumbers.renameat2,
                Fd.Cwd.Number, (nint)pa, Fd.Cwd.Number, (nint)pb, RENAME_EXCHANGE));
    }

    /// <summary>renameat2(2) with RENAME_NOREPLACE and raw NUL-terminated names.</summary>
    internal static Errno RenameNoReplace(Fd fromDirectory, byte* from, Fd toDirectory, byte* to) =>
        Result(Native.syscall(
            SyscallNumbers.renameat2, fromDirectory.Number, (nint)from, toDirectory.Number, (nint)to, 1));

    /// <summary>rename(2) of absolute paths.</summary>
    public static void Rename(string from, string to)
    {
        Errno errno = TryRenameAt(Fd.Cwd, from, Fd.Cwd, to);
        if (errno != Errno.None) throw new LinuxException(errno, "rename", $"{from} -> {to}");
    }

    /// <summary>mkdirat(2).</summary>
    public static Errno TryMkdirAt(Fd directory, string path, uint mode) =>
        OnPath(SyscallNumbers.mkdirat, directory, path, (nint)mode);

    /// <summary>mkdir(2) of an absolute path and its missing parents (mode 0755 for those); an existing directory is
    /// fine.</summary>
    public static void MakeDirectories(string path, uint mode = 0x1ED)
    {
        Errno errno = TryMkdirAt(Fd.Cwd, path, mode);
        if (errno == Errno.ENOENT && Path.GetDirectoryName(path) is { Length: > 1 } parent)
        {
            MakeDirectories(parent);
            errno = TryMkdirAt(Fd.Cwd, path, mode);
        }
        if (errno is not (Errno.None or Errno.EEXIST)) throw new LinuxException(errno, "mkdir", path);
    }

    /// <summary>unlinkat(2); <paramref name="directoryEntry"/> is AT_REMOVEDIR (rmdir).</summary>
    public static Errno TryUnlinkAt(Fd directory, string path, bool directoryEntry = false) =>
        OnPath(SyscallNumbers.unlinkat, directory, path, directoryEntry ? 0x200 : 0);

    /// <summary>symlinkat(2): EEXIST makes it a cross-process reservation.</summary>
    public static Errno TrySymlinkAt(string target, Fd directory, string path)
    {
        using var a = new NativePath(target);
        using var b = new NativePath(path);
        fixed (byte* pa = a.Bytes, pb = b.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.syscall(SyscallNumbers.symlinkat, (nint)pa, directory.Number, (nint)pb));
    }

    /// <summary>readlink(2); false when the path is no symlink or is missing.</summary>
    public static bool TryReadLink(string path, out string target) =>
        TryReadLinkAt(Fd.Cwd, path, out target) == Errno.None;

    /// <summary>readlinkat(2).</summary>
    public static Errno TryReadLinkAt(Fd directory, string path, out string target)
    {
        byte* buffer = stackalloc byte[4096];
        using var p = new NativePath(path);
        nint r;
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated and pinned; the buffer is 4096 bytes, PATH_MAX.
            r = Native.syscall(SyscallNumbers.readlinkat, directory.Number, (nint)name, (nint)buffer, 4096);
        target = r == -1 ? "" : Encoding.UTF8.GetString(buffer, (int)r);
        return r == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>
    /// flock(2), exclusive or shared. With <paramref name="wait"/> false the result is EWOULDBLOCK (EAGAIN) when
    /// another open file description holds it. Released when the descriptor is closed, with all copies of it: a child
    /// has one until it executes its program. <see cref="Unlock"/> does not wait for that.
    /// </summary>
    public static Errno TryFlock(Fd fd, bool exclusive, bool wait)
    {
        int operation = (exclusive ? 2 : 1) | (wait ? 0 : 4);
        int r;
        do r = flock(fd.Number, operation);
        while (r == -1 && Native.LastErrno == Errno.EINTR);
        return r == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>flock(2), LOCK_UN. Cannot fail on a descriptor that is open.</summary>
    public static void Unlock(Fd fd) => _ = flock(fd.Number, 8);

    private static Errno OnPath(int number, Fd directory, string path, nint argument)
    {
        using var p = new NativePath(path);
        fixed (byte* name = p.Bytes) // SAFETY: NUL-terminated, pinned for the call.
            return Result(Native.syscall(number, directory.Number, (nint)name, argument));
    }

    private static Errno Result(nint result) => result == -1 ? Native.LastErrno : Errno.None;

    private static string Where(Fd directory, string path) => directory.Number == -100 ? path : $"{directory}, {path}";

    [System.Runtime.InteropServices.LibraryImport("libc", SetLastError = true)]
    private static partial int flock(int fd, int operation);
}
