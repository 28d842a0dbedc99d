using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>The other side of the monitor's protocol: starts a monitor or connects to a running one.</summary>
internal sealed class MonitorClient : IDisposable
{
    private const short Readable = 1;

    // Who receives by a stream of its own, as the API does, has no use for it.
    private byte[] Buffer => field ??= GC.AllocateUninitializedArray<byte>(Packet.MaxBytes);

    private MonitorClient(UnixSocket socket) => Socket = socket;

    /// <summary>The connection; blocking.</summary>
    public UnixSocket Socket { get; }

    /// <summary>
    /// Starts a monitor that waits for its start request. Done as early as possible: its runtime boots while the caller
    /// prepares
    /// the container. It runs from a read-only mount of this binary, so that no container can write to it through
    /// /proc/PID/exe (CVE-2019-5736), in a session and a cgroup of its own.
    /// </summary>
    public static MonitorClient Spawn(StateRoots roots)
    {
        var (mine, theirs) = UnixSocket.Pair();
        using (theirs)
        {
            MonitorSpawner.Spawn(roots, theirs.Fd);
            return new MonitorClient(mine);
        }
    }

    /// <summary>Connects to the monitor of a running container; null when there is none.</summary>
    public static MonitorClient? TryConnect(ContainerStore store, string id) =>
        UnixSocket.TryConnect(Path.Combine(store.RunDirectory(id), "attach.sock"), out UnixSocket? socket) == Errno.None
            ? new MonitorClient(socket!)
            : null;

    /// <summary>
    /// Asks a spawned monitor to start its container and waits for the answer: the PID of the first process.
    /// </summary>
    /// <exception cref="UsageException">It did not start; text and exit code are the monitor's.</exception>
    public int Start(StartRequest request, params ReadOnlySpan<int> fds)
    {
        Send(MessageFormat.Pack(request), fds);
        return WaitStarted();
    }

    /// <summary>Reads until Started or Failed.</summary>
    public int WaitStarted()
    {
        Socket.TryReceive(Buffer, out int count, []);
        return count > 0 && (PacketType)Buffer[0] == PacketType.Started
            ? Packet.ReadNumber(Buffer.AsSpan(1))
            : throw FailureIn(Buffer.AsSpan(0, count));
    }

    /// <summary>Reads the terminal of an exec, and that it has started.</summary>
    /// <param name="pid">Its PID.</param>
    /// <exception cref="UsageException">It did not start.</exception>
    public Fd ReceiveTerminal(out int pid)
    {
        var fds = new List<Fd>(1);
        if (Socket.TryReceive(Buffer, out int count, fds) != Errno.None || count == 0
            || (PacketType)Buffer[0] != PacketType.ExecTerminal) throw FailureIn(Buffer.AsSpan(0, count));
        pid = WaitStarted();
        return fds[0];
    }

    /// <summary>Subscribes to streams of a running container.</summary>
    public void Attach(AttachStreams streams, (ushort Rows, ushort Columns) size)
    {
        Send(AttachPacket(streams));
        WaitStarted();
        if (size.Rows > 0) Send(Packet.Size(PacketType.Resize, size.Rows, size.Columns));
    }

    /// <summary>
    /// Waits for the end, ignoring output; false after the time-out (-1 waits forever) or when the monitor vanished
    /// without a word.
    /// </summary>
    public bool WaitExited(int timeoutMs, out int exitCode)
    {
        long end = System.Environment.TickCount64 + timeoutMs;
        exitCode = 0;
        while (Socket.Wait(Readable, timeoutMs < 0 ? -1 : (int)Math.Max(0, end - System.Environment.TickCount64)))
        {
            if (Socket.TryReceive(Buffer, out int count, []) != Errno.None || count == 0) return false;
            if ((PacketType)Buffer[0] != PacketType.Exited) continue;
            exitCode = Packet.ReadNumber(Buffer.AsSpan(1));
            return true;
        }
        return false;
    }

    /// <summary>The packet that subscribes.</summary>
    public static byte[] AttachPacket(AttachStreams streams) => [(byte)PacketType.Attach, (byte)streams];

    /// <summary>The failure that a packet reports.</summary>
    public static UsageException FailureIn(ReadOnlySpan<byte> packet)
    {
        if (packet.Length == 0 || (PacketType)packet[0] != PacketType.Failed)
            return new UsageException("the container's monitor ended before it answered; see dmesg for a crash or "
                + "out-of-memory kill", 125);
        FailureReport report = MessageFormat.ReadFailure(packet[1..]);
        return new UsageException(report.Message, report.ExitCode);
    }

    /// <summary>Sends one packet, with descriptors.</summary>
    /// <exception cref="UsageException">The monitor has ended.</exception>
    public void Send(byte[] packet, params ReadOnlySpan<int> fds)
    {
        Errno errno = Socket.TrySend(packet, fds);
        if (errno is Errno.EPIPE or Errno.ECONNRESET) throw FailureIn([]);
        if (errno != Errno.None) throw new LinuxException(errno, "sendmsg", "the container's monitor");
    }

    /// <inheritdoc/>
    public void Dispose() => Socket.Dispose();
}
