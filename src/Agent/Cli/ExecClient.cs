using System.Runtime.InteropServices;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Cli;

/// <summary>
/// The client of an exec. Without a terminal the process has this process' own stdio and nothing is copied; with one,
/// this process
/// moves bytes between its terminal and the container's.
/// </summary>
internal sealed class ExecClient(MonitorClient client, DetachKeys keys)
{
    /// <summary>Runs it; returns the exit code, or 0 at once when detached.</summary>
    public int Run(ExecRequest request, bool interactive)
    {
        byte[] packet = MessageFormat.Pack(request);
        using Fd nothing = Files.Open("/dev/null", OpenFlags.O_RDWR);
        int stdin = interactive ? 0 : nothing.Number;
        client.Send(packet, request.Detach ? [nothing.Number, nothing.Number, nothing.Number] : [stdin, 1, 2]);
        if (request is { Tty: true, Detach: false })
        {
            using Fd terminal = client.ReceiveTerminal(out _);
            return Pump(terminal, interactive);
        }
        client.WaitStarted();
        return request.Detach ? 0 : WaitExited();
    }

    private int Pump(Fd terminal, bool interactive)
    {
        Fd stdin = Fd.Borrow(0), stdout = Fd.Borrow(1);
        TerminalMode? saved = interactive && Termios.IsTerminal(stdin) ? Termios.MakeRaw(stdin) : null;
        using var left = new EventFd();
        using var resize = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => CopySize(stdin, terminal));
        try
        {
            if (interactive)
                new Thread(() =>
                {
                    if (CopyTyped(stdin, terminal)) left.Signal();
                }) { IsBackground = true }.Start();
            return CopyOutput(terminal, stdout, left) ? WaitExited()
                : throw new UsageException("read escape sequence");
        }
        finally
        {
            if (saved is not null) Termios.Restore(stdin, saved);
        }
    }

    // True at the terminal's end; false when the user has left before.
    private static bool CopyOutput(Fd terminal, Fd to, EventFd left)
    {
        using var epoll = new Epoll();
        epoll.Add(terminal, EpollEvents.EPOLLIN, 0);
        epoll.Add(left.Fd, EpollEvents.EPOLLIN, 1);
        byte[] buffer = new byte[32 << 10];
        Span<EpollEvent> events = stackalloc EpollEvent[2];
        while (true)
        {
            int count = epoll.Wait(events, -1);
            for (int i = 0; i < count; i++)
            {
                if (events[i].Data == 1) return false;
                // EIO is how a terminal says that its last user has gone.
                if (Files.TryRead(terminal, buffer, out int length) != Errno.None || length == 0) return true;
                Files.WriteAll(to, buffer.AsSpan(0, length));
            }
        }
    }

    private int WaitExited() =>
        client.WaitExited(-1, out int exitCode) ? exitCode
            : throw new UsageException("the container, or its monitor, ended while the command ran", 137);

    // True when the detach keys were among it. The process goes on.
    private bool CopyTyped(Fd stdin, Fd terminal)
    {
        byte[] buffer = new byte[4096];
        var onward = new List<byte>();
        while (Files.TryRead(stdin, buffer, out int count) == Errno.None && count > 0)
        {
            onward.Clear();
            if (keys.Take(buffer.AsSpan(0, count), onward)) return true;
            if (!TryWriteAll(terminal, CollectionsMarshal.AsSpan(onward))) return false;
        }
        return false;
    }

    // False when the terminal has closed under the writer: its end is told by the exit code.
    private static bool TryWriteAll(Fd terminal, ReadOnlySpan<byte> bytes)
    {
        try
        {
            Files.WriteAll(terminal, bytes);
            return true;
        }
        catch (Exception e) when (e is LinuxException or ObjectDisposedException)
        {
            return false;
        }
    }

    private static void CopySize(Fd from, Fd to)
    {
        if (WindowSize.TryGet(from, out ushort rows, out ushort columns)) WindowSize.Set(to, rows, columns);
    }
}
