using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Skiff.Interop.Libc;

namespace Skiff.Interop;

/// <summary>
/// A packet socket between processes of this host: AF_UNIX, SOCK_SEQPACKET, close-on-exec; descriptors travel by SCM_RIGHTS.
/// </summary>
public sealed unsafe partial class UnixSocket : IDisposable
{
    private const int AF_UNIX = 1;
    private const int SOCK_SEQPACKET = 5;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int SOCK_NONBLOCK = 0x800;
    private const int SOL_SOCKET = 1;
    private const int SCM_RIGHTS = 1;
    private const int SO_SNDBUF = 7;
    private const int MSG_DONTWAIT = 0x40;
    private const int MSG_NOSIGNAL = 0x4000;
    private const int MSG_CMSG_CLOEXEC = 0x40000000;
    private const int MaxFds = 8;
    private const int CmsgHeaderBytes = 16;
    private const int SunPathBytes = 108;

    /// <summary>Takes ownership of a connected or listening socket.</summary>
    public UnixSocket(Fd fd) => Fd = fd;

    /// <summary>The socket.</summary>
    public Fd Fd { get; }

    /// <summary>socketpair(2): two connected, blocking ends.</summary>
    public static (UnixSocket A, UnixSocket B) Pair()
    {
        int* ends = stackalloc int[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == -1) throw new LinuxException(Native.LastErrno, "socketpair");
        return (new UnixSocket(new Fd(ends[0])), new UnixSocket(new Fd(ends[1])));
    }

    /// <summary>Binds to a path (an old socket there is removed) and listens; accepting does not block.</summary>
    public static UnixSocket Listen(string path)
    {
        var server = new UnixSocket(Create(SOCK_NONBLOCK));
        try
        {
            Files.TryUnlinkAt(Fd.Cwd, path);
            server.WithAddress(path, &bind, "bind");
            if (listen(server.Fd.Number, 128) == -1) throw new LinuxException(Native.LastErrno, "listen", path);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>Connects to a listening path; blocking. ENOENT and ECONNREFUSED mean that nobody listens.</summary>
    public static Errno TryConnect(string path, out UnixSocket? socket)
    {
        socket = new UnixSocket(Create(0));
        try
        {
            socket.WithAddress(path, &connect, "connect");
            return Errno.None;
        }
        catch (LinuxException e)
        {
            socket.Dispose();
            socket = null;
            return e.Errno;
        }
    }

    /// <summary>accept4(2); the connection doesn't block.</summary>
    public Errno TryAccept(out UnixSocket? connection)
    {
        int fd = accept4(Fd.Number, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
        connection = fd == -1 ? null : new UnixSocket(new Fd(fd));
        return fd == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>sendmsg(2) of one packet, with descriptors that stay the caller's. EAGAIN when a non-blocking peer is behind.</summary>
    public Errno TrySend(ReadOnlySpan<byte> packet, ReadOnlySpan<int> fds)
    {
        byte* control = stackalloc byte[CmsgHeaderBytes + (MaxFds * sizeof(int))];
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fds.Length, MaxFds);
        int controlBytes = fds.Length == 0 ? 0 : CmsgHeaderBytes + (fds.Length * sizeof(int));
        if (fds.Length > 0)
        {
            *(long*)control = controlBytes;
            ((int*)control)[2] = SOL_SOCKET;
            ((int*)control)[3] = SCM_RIGHTS;
            fds.CopyTo(new Span<int>(control + CmsgHeaderBytes, fds.Length));
        }
        fixed (byte* b = packet) // SAFETY: pinned for the call; control is CMSG_LEN(fds) bytes of the stack buffer.
        {
            iovec vector = new() { iov_base = b, iov_len = packet.Length };
            msghdr message = new() { msg_iov = &vector, msg_iovlen = 1, msg_control = controlBytes > 0 ? control : null, msg_controllen = controlBytes };
            nint r;
            do r = sendmsg(Fd.Number, &message, MSG_NOSIGNAL);
            while (r == -1 && Native.LastErrno == Errno.EINTR);
            return r == -1 ? Native.LastErrno : Errno.None;
        }
    }

    /// <summary>
    /// recvmsg(2) of one packet; 0 bytes mean that the peer is gone. Received descriptors are added to <paramref name="fds"/>, the
    /// caller's from then on.
    /// </summary>
    public Errno TryReceive(Span<byte> buffer, out int count, List<Fd>? fds = null)
    {
        int controlBytes = CmsgHeaderBytes + (MaxFds * sizeof(int));
        byte* control = stackalloc byte[controlBytes];
        fixed (byte* b = buffer) // SAFETY: pinned for the call; control is a stack buffer of controlBytes.
        {
            iovec vector = new() { iov_base = b, iov_len = buffer.Length };
            msghdr message = new() { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = controlBytes };
            nint r;
            do r = recvmsg(Fd.Number, &message, MSG_CMSG_CLOEXEC);
            while (r == -1 && Native.LastErrno == Errno.EINTR);
            count = r == -1 ? 0 : (int)r;
            if (r == -1) return Native.LastErrno;
            if (message.msg_controllen >= CmsgHeaderBytes && ((int*)control)[3] == SCM_RIGHTS)
                Take(new ReadOnlySpan<int>(control + CmsgHeaderBytes, (int)(*(long*)control - CmsgHeaderBytes) / sizeof(int)), fds);
            return Errno.None;
        }
    }

    /// <summary>poll(2): whether <paramref name="events"/> (1 readable, 4 writable) is there within the time; -1 waits forever.</summary>
    public bool Wait(short events, int timeoutMs)
    {
        pollfd p = new() { fd = Fd.Number, events = events };
        int r;
        do r = poll(&p, 1, timeoutMs); // SAFETY: one struct pollfd on the stack.
        while (r == -1 && Native.LastErrno == Errno.EINTR);
        return r > 0;
    }

    /// <summary>shutdown(2) both ways: a thread that waits in receive returns.</summary>
    public void Shutdown() => shutdown(Fd.Number, 2);

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    private static Fd Create(int flags)
    {
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
        return fd == -1 ? throw new LinuxException(Native.LastErrno, "socket", "AF_UNIX") : new Fd(fd);
    }

    private static void Take(ReadOnlySpan<int> numbers, List<Fd>? fds)
    {
        foreach (int number in numbers)
            if (fds is null) new Fd(number).Dispose();
            else fds.Add(new Fd(number));
    }

    // sun_path has room for 107 bytes; a longer path goes through its directory's descriptor.
    private void WithAddress(string path, delegate*<int, byte*, int, int> call, string name)
    {
        using Fd? directory = Encoding.UTF8.GetByteCount(path) < SunPathBytes
            ? null
            : Files.Open(Path.GetDirectoryName(path)!, OpenFlags.O_PATH | OpenFlags.O_DIRECTORY);
        string address = directory is null ? path : $"/proc/self/fd/{directory.Number}/{Path.GetFileName(path)}";
        byte* sockaddr = stackalloc byte[2 + SunPathBytes];
        new Span<byte>(sockaddr, 2 + SunPathBytes).Clear();
        *(ushort*)sockaddr = AF_UNIX;
        int length = Encoding.UTF8.GetBytes(address, new Span<byte>(sockaddr + 2, SunPathBytes - 1));
        if (call(Fd.Number, sockaddr, 2 + length + 1) == -1) throw new LinuxException(Native.LastErrno, name, path);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socketpair(int family, int type, int protocol, int* ends);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int fd, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int connect(int fd, byte* address, int length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(int fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int fd, nint address, nint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int fd, msghdr* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(int fd, msghdr* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(pollfd* fds, nuint count, int timeoutMs);

    [LibraryImport("libc")]
    private static partial int shutdown(int fd, int how);
}
