using Skiff.Agent.Containers;
using Skiff.Agent.Events;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Processes;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Monitor;

/// <summary>One exec'd process and the client that waits for it.</summary>
internal sealed class ExecSession(LaunchedProcess process)
{
    /// <summary>The process; a child of the monitor.</summary>
    public LaunchedProcess Process { get; } = process;

    /// <summary>Master side of its terminal, or null; kept, for the client may leave before the process ends.</summary>
    public Fd? Terminal { get; init; }

    /// <summary>Who waits; null after it went away or when detached.</summary>
    public ClientConnection? Client { get; set; }

    /// <summary>Sends a signal; one that comes too late is ignored.</summary>
    public void Signal(int signal) => Process.PidFd.TrySendSignal(signal);
}

/// <summary>
/// Runs more processes inside the container. Their stdio are the client's own descriptors (no copying through the
/// monitor), or a
/// terminal of the container whose master side goes to the client.
/// </summary>
internal sealed class ExecSessions(
    EventLoop loop, RunningContainer container, ContainerConfig config, EventJournal events)
{
    private const int EndTimeoutMs = 100;

    /// <summary>Handles an Exec packet: answers Started or Failed, and Exited when the process ends.</summary>
    public void Start(ClientConnection client, ReadOnlySpan<byte> payload, List<Fd> fds)
    {
        ExecRequest request = MessageFormat.ReadExec(payload);
        string id = ContainerStore.NewId();
        // With the blank that docker puts between a program and its arguments, whether there are any or not.
        string command = $"{request.Args[0]} {string.Join(' ', request.Args[1..])}";
        events.Write(config, $"exec_create: {command}", ("execID", id));
        try
        {
            ExecSession session = request.Tty ? StartWithTerminal(client, request) : Start(request, fds);
            if (!request.Detach)
            {
                session.Client = client;
                client.Exec = session;
            }
            client.Send(Packet.Number(PacketType.Started, session.Process.Pid));
            events.Write(config, $"exec_start: {command}", ("execID", id));
            loop.Watch(session.Process.PidFd.Fd, EpollEvents.EPOLLIN, _ => OnExit(session, id));
        }
        catch (Exception e) when (e is UsageException or LinuxException)
        {
            client.Send(MessageFormat.Pack(e is LinuxException && ContainerEnds()
                ? new FailureReport(1, $"container {config.Id} is not running")
                : new FailureReport(request.Detach ? 1 : CodeOf(e), e.Message)));
        }
    }

    // The kernel kills what is in a PID namespace before the end of its first process can be seen.
    private bool ContainerEnds() =>
        Files.Poll(container.Process.PidFd.Fd, PollEvents.POLLIN, EndTimeoutMs) != 0;

    /// <summary>
    /// A client has gone. Its process goes on, and what it still writes to its terminal is read, so that it does not
    /// wait for somebody to do so.
    /// </summary>
    public void OnClientGone(ClientConnection client)
    {
        if (client.Exec is not { Terminal: { } terminal } session) return;
        session.Client = null;
        Files.SetNonBlocking(terminal);
        loop.Watch(terminal, EpollEvents.EPOLLIN, _ =>
        {
            Span<byte> unread = stackalloc byte[4096];
            Errno errno = Files.TryRead(terminal, unread, out int count);
            if (errno != Errno.EAGAIN && (errno != Errno.None || count == 0)) loop.Forget(terminal);
        });
    }

    // Docker's: 127 also for a working directory that is not there, and 1 where run has 125.
    private static int CodeOf(Exception e) => e switch
    {
        UsageException { ExitCode: 126 or 127 } usage => usage.ExitCode,
        UsageException => 1,
        LinuxException { Errno: Errno.ENOENT or Errno.ENOTDIR } => 127,
        _ => 126,
    };

    private ExecSession Start(ExecRequest request, List<Fd> fds)
    {
        if (fds.Count != 3) throw new UsageException("exec needs three descriptors for its stdio", 126);
        return new ExecSession(ExecPlan.Start(config, request.ToOptions(), container, fds));
    }

    private ExecSession StartWithTerminal(ClientConnection client, ExecRequest request)
    {
        Pty pty = Pty.Open(Files.OpenAt(DevPts(), "ptmx", OpenFlags.O_RDWR | OpenFlags.O_NOCTTY));
        using (UserMapping? mapping = UserMapping.Of(config)) mapping?.OwnTerminal(pty.Slave);
        using (pty.Slave)
        {
            if (request.Rows > 0) WindowSize.Set(pty.Master, request.Rows, request.Columns);
            var session = new ExecSession(
                ExecPlan.Start(config, request.ToOptions(), container, [pty.Slave, pty.Slave, pty.Slave]))
            {
                Terminal = pty.Master,
            };
            client.Socket.TrySend([(byte)PacketType.ExecTerminal], [pty.Master.Number]);
            return session;
        }
    }

    private Fd DevPts() => container.DevPts
        ?? throw new UsageException($"container {config.Name} has unmounted its /dev/pts: no terminal for exec", 126);

    private void OnExit(ExecSession session, string id)
    {
        loop.Forget(session.Process.PidFd.Fd);
        ExitStatus status = session.Process.PidFd.Wait();
        session.Process.Dispose();
        if (session.Terminal is { } terminal)
        {
            loop.Forget(terminal);
            terminal.Dispose();
        }
        session.Client?.Send(Packet.Number(PacketType.Exited, status.ShellCode));
        if (session.Client is { } client) client.Exec = null;
        events.Write(config, "exec_die", ("execID", id), ("exitCode", $"{status.ShellCode}"));
    }
}
