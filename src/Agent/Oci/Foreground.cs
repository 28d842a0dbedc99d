using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Processes;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Oci;

/// <summary>
/// Stays with a process that was not detached: hands on signals and, with a terminal, bytes, and ends as it does.
/// </summary>
internal sealed class Foreground : IDisposable
{
    private const int BufferBytes = 32 << 10;
    private const ulong ProcessEvent = 0, SignalEvent = 1, InputEvent = 2, OutputEvent = 3;

    // Those that a shell or a supervisor sends on purpose, and the change of the window's size.
    private static readonly int[] s_signals =
    [
        Signals.SIGHUP, Signals.SIGINT, Signals.SIGQUIT, Signals.SIGTERM, Signals.SIGWINCH, Signals.SIGCONT, 10, 12,
    ];

    private readonly PidFd _process;
    private readonly Fd? _master;
    private readonly Fd _stdin = Fd.Borrow(0), _stdout = Fd.Borrow(1);
    private readonly TerminalMode? _saved;
    private readonly byte[] _buffer = new byte[BufferBytes];

    /// <summary>Prepares; takes ownership of <paramref name="master"/>, the terminal's other side, or null.</summary>
    public Foreground(PidFd process, Fd? master)
    {
        (_process, _master) = (process, master);
        if (master is null || !Termios.IsTerminal(_stdin)) return;
        _saved = Termios.MakeRaw(_stdin);
        Resize();
    }

    /// <summary>Waits for its end, which it reaps; returns its exit code.</summary>
    public int Run()
    {
        using var signals = new SignalPipe(s_signals);
        using var epoll = new Epoll();
        epoll.Add(_process.Fd, EpollEvents.EPOLLIN, ProcessEvent);
        epoll.Add(signals.Fd, EpollEvents.EPOLLIN, SignalEvent);
        if (_master is not null) epoll.Add(_master, EpollEvents.EPOLLIN, OutputEvent);
        if (_master is not null) WatchInput(epoll);
        Span<EpollEvent> events = stackalloc EpollEvent[4];
        while (true)
        {
            int count = epoll.Wait(events, -1);
            for (int i = 0; i < count; i++)
            {
                if (events[i].Data == ProcessEvent) return Finish();
                if (events[i].Data == SignalEvent) HandOn(signals);
                if (events[i].Data == InputEvent && !Copy(_stdin, _master!)) epoll.Remove(_stdin);
                if (events[i].Data == OutputEvent && !Copy(_master!, _stdout)) epoll.Remove(_master!);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_saved is { } mode) Termios.Restore(_stdin, mode);
        _master?.Dispose();
    }

    // A plain file is always readable and no thing for epoll; its content goes into the terminal at once.
    private void WatchInput(Epoll epoll)
    {
        try
        {
            epoll.Add(_stdin, EpollEvents.EPOLLIN, InputEvent);
        }
        catch (LinuxException e) when (e.Errno == Errno.EPERM)
        {
            while (Copy(_stdin, _master!)) { }
        }
    }

    private int Finish()
    {
        ExitStatus status = _process.Wait();
        // What it wrote last is still in the terminal; others may hold it open for ever.
        while (_master is not null && Files.Poll(_master, PollEvents.POLLIN, 0) != PollEvents.None
            && Copy(_master, _stdout)) { }
        return status.ShellCode;
    }

    private void HandOn(SignalPipe signals)
    {
        while (signals.TryTake(out int signal))
            if (signal == Signals.SIGWINCH) Resize();
            else _process.TrySendSignal(signal);
    }

    private void Resize()
    {
        if (_master is not null && WindowSize.TryGet(_stdin, out ushort rows, out ushort columns))
            WindowSize.Set(_master, rows, columns);
    }

    // False at the end, which for a terminal is EIO.
    private bool Copy(Fd from, Fd to)
    {
        if (Files.TryRead(from, _buffer, out int count) != Errno.None || count == 0) return false;
        Files.WriteAll(to, _buffer.AsSpan(0, count));
        return true;
    }
}
