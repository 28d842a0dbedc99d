using System.Text;
using Skiff.Interop.Libc;

namespace Skiff.Interop;

/// <summary>
/// An AF_UNIX socket (unix(7)) that carries packets or bytes, and descriptors by SCM_RIGHTS. Close-on-exec. Owns its
/// <see cref="Fd"/>. SIGPIPE is never raised: a closed peer is EPIPE.
/// </summary>
public sealed unsafe partial class UnixSocket : IDisposable
{
    private const int AF_UNIX = 1;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int SOCK_NONBLOCK = 0x800;
    private const int SOL_SOCKET = 1;
    private const int SO_SNDBUF = 7;
    private const int SO_PEERCRED = 17;
    private const int SHUT_WR = 1;
    private const int SHUT_RDWR = 2;

    /// <summary>Takes ownership of a connected or listening socket, say one inherited from the parent.</summary>
    public UnixSocket(Fd fd) => Fd = fd;

    /// <summary>The socket, for polling.</summary>
    public Fd Fd { get; }

    /// <summary>SO_PEERCRED of a connection: who was at the other end when it was made.</summary>
    public PeerCredentials Peer
    {
        get
        {
            ucred credentials;
            int length = sizeof(ucred); // SAFETY: the kernel writes one struct ucred.
            int r = Native.getsockopt(Fd.Number, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
            Native.Check(r, "getsockopt SO_PEERCRED");
            return new PeerCredentials(credentials.pid, credentials.uid, credentials.gid);
        }
    }

    /// <summary>socketpair(2): two connected, blocking ends.</summary>
    public static (UnixSocket A, UnixSocket B) Pair(UnixSocketType type = UnixSocketType.SOCK_SEQPACKET)
    {
        int* ends = stackalloc int[2]; // SAFETY: the kernel writes exactly two ints.
        Native.Check(Native.socketpair(AF_UNIX, (int)type | SOCK_CLOEXEC, 0, ends), "socketpair");
        return (new UnixSocket(new Fd(ends[0])), new UnixSocket(new Fd(ends[1])));
    }

    /// <summary>
    /// Binds to a path (an old socket there is removed) and listens; accepting does not block. The name has its mode
    /// (0600
    /// by default) from the start.
    /// </summary>
    public static UnixSocket Listen(
        string path, UnixSocketType type = UnixSocketType.SOCK_SEQPACKET, uint mode = 0x180)
    {
        var server = new UnixSocket(Create(type, SOCK_NONBLOCK));
        try
        {
            Files.TryUnlinkAt(Fd.Cwd, path);
            // On Linux, bind(2) gives the name the mode that fchmod(2) gave the unbound socket.
            Native.Check(Native.fchmod(server.Fd.Number, mode), "fchmod", path);
            Errno errno = server.WithAddress(path, listen: true);
            if (errno != Errno.None) throw new LinuxException(errno, "bind", path);
            Native.Check(Native.listen(server.Fd.Number, 128), "listen", path);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>As <see cref="TryConnect"/>, throwing on failure.</summary>
    public static UnixSocket Connect(string path, UnixSocketType type = UnixSocketType.SOCK_SEQPACKET)
    {
        Errno errno = TryConnect(path, out UnixSocket? socket, type);
        return errno == Errno.None ? socket! : throw new LinuxException(errno, "connect", path);
    }

    /// <summary>Connects to a listening path; blocking. ENOENT and ECONNREFUSED mean that nobody listens.</summary>
    public static Errno TryConnect(
        string path, out UnixSocket? socket, UnixSocketType type = UnixSocketType.SOCK_SEQPACKET)
    {
        socket = new UnixSocket(Create(type, 0));
        Errno errno = socket.WithAddress(path, listen: false);
        if (errno == Errno.None) return errno;
        socket.Dispose();
        socket = null;
        return errno;
    }

    /// <summary>accept4(2); the connection doesn't block. EAGAIN when nobody waits.</summary>
    public Errno TryAccept(out UnixSocket? connection)
    {
        int fd;
        do fd = Native.accept4(Fd.Number, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK);
        while (fd == -1 && Native.LastErrno is (Errno.EINTR or Errno.ECONNABORTED));
        connection = fd == -1 ? null : new UnixSocket(new Fd(fd));
        return fd == -1 ? Native.LastErrno : Errno.None;
    }

    /// <summary>
    /// poll(2): whether <paramref name="events"/> (1 readable, 4 writable), an error or the end is there in time.
    /// </summary>
    public bool Wait(short events, int timeoutMs) => Files.Poll(Fd, (PollEvents)events, timeoutMs) != PollEvents.None;

    /// <summary>Sets SO_SNDBUF: the largest packet, roughly. The kernel doubles it for its own needs.</summary>
    public void SetSendBuffer(int bytes) => Native.Check(
        Native.setsockopt(Fd.Number, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(int)), "setsockopt SO_SNDBUF", Fd.ToString(
            ));

    /// <summary>shutdown(2) both ways: a thread that waits in receive returns. A closed peer is fine.</summary>
    public void Shutdown() => Shutdown(SHUT_RDWR);

    /// <summary>shutdown(2) of the writing half: the peer reads the end, we may still receive.</summary>
    public void FinishSending() => Shutdown(SHUT_WR);

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    private static Fd Create(UnixSocketType type, int flags) =>
        new((int)Native.Check(Native.socket(AF_UNIX, (int)type | SOCK_CLOEXEC | flags, 0), "socket", "AF_UNIX"));

    private void Shutdown(int how)
    {
        if (Native.shutdown(Fd.Number, how) == -1 && Native.LastErrno != Errno.ENOTCONN)
            throw new LinuxException(Native.LastErrno, "shutdown", Fd.ToString());
    }

    // sun_path has room for 107 bytes; a longer path goes through its directory's descriptor.
    private Errno WithAddress(string path, bool listen)
    {
        Fd? directory = null;
        string name = path;
        if (Encoding.UTF8.GetByteCount(path) >= sockaddr_un.PathBytes)
        {
            const OpenFlags Flags = OpenFlags.O_PATH | OpenFlags.O_DIRECTORY;
            Errno errno = Files.TryOpenAt(Fd.Cwd, Path.GetDirectoryName(path)!, Flags, 0, out directory);
            if (errno != Errno.None) return errno;
            name = $"/proc/self/fd/{directory!.Number}/{Path.GetFileName(path)}";
        }
        using (directory)
        {
            if (Encoding.UTF8.GetByteCount(name) >= sockaddr_un.PathBytes) return Errno.ENAMETOOLONG;
            var address = new sockaddr_un { sun_family = AF_UNIX };
            // SAFETY: a local; the length was checked and the rest is zero, so a NUL follows.
            int length = Encoding.UTF8.GetBytes(name, new Span<byte>(address.sun_path, sockaddr_un.PathBytes));
            length += sizeof(ushort) + 1;
            int r;
            do r = listen
                ? Native.bind_unix(Fd.Number, &address, length)
                : Native.connect_unix(Fd.Number, &address, length);
            while (r == -1 && Native.LastErrno == Errno.EINTR);
            return r == -1 ? Native.LastErrno : Errno.None;
        }
    }
}
