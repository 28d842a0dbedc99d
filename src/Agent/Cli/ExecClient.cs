using System.Runtime.InteropServices;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Cli;

/// <summary>
/// The client of an exec. Without a terminal the process has this process' own stdio and nothing is copied; with one,
/// this process
/// moves bytes between its terminal and the container's.
/// </summary>
internal sealed class ExecClient(MonitorClient client)
{
    private readonly byte[] _buffer = new byte[Packet.MaxBytes];

    /// <summary>Runs it; returns the exit code, or 0 at once when detached.</summary>
    public int Run(ExecRequest request, bool interactive)
    {
        byte[] packet = MessageFormat.Pack(request);
        using Fd nothing = Files.Open("/dev/null", OpenFlags.O_RDWR);
        int stdin = interactive ? 0 : nothing.Number;
        client.Send(packet, request.Detach ? [nothing.Number, nothing.Number, nothing.Number] : [stdin, 1, 2]);
        if (request is { Tty: true, Detach: false })
        {
            using Fd terminal = ReceiveTerminal();
            return Pump(terminal, interactive);
        }
        client.WaitStarted();
        return request.Detach ? 0 : WaitExited();
    }

    private Fd ReceiveTerminal()
    {
        var fds = new List<Fd>(1);
        if (client.Socket.TryReceive(_buffer, out int count, fds) == Errno.None && count > 0
            && (PacketType)_buffer[0] == PacketType.ExecTerminal)
        {
            client.WaitStarted();
            return fds[0];
        }
        throw MonitorClient.FailureIn(_buffer.AsSpan(0, count));
    }

    private int Pump(Fd terminal, bool interactive)
    {
        Fd stdin = Fd.Borrow(0), stdout = Fd.Borrow(1);
        TerminalMode? saved = interactive && Termios.IsTerminal(stdin) ? Termios.MakeRaw(stdin) : null;
        using var resize = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => CopySize(stdin, terminal));
        try
        {
            if (interactive) new Thread(() => Copy(stdin, terminal)) { IsBackground = true }.Start();
            Copy(terminal, stdout);
            return WaitExited();
        }
        finally
        {
            if (saved is not null) Termios.Restore(stdin, saved);
        }
    }

    private int WaitExited() =>
        client.WaitExited(-1, out int exitCode) ? exitCode
            : throw new UsageException("the container ended while the command ran", 137);

    private static void CopySize(Fd from, Fd to)
    {
        if (WindowSize.TryGet(from, out ushort rows, out ushort columns)) WindowSize.Set(to, rows, columns);
    }

    // Ends with the input, or with EIO when the other side of the terminal has gone.
    private static void Copy(Fd from, Fd to)
    {
        byte[] buffer = new byte[32 << 10];
        try
        {
            while (Files.TryRead(from, buffer, out int count) == Errno.None && count > 0) Files.WriteAll(to,
                buffer.AsSpan(0, count));
        }
        catch (Exception e) when (e is LinuxException or ObjectDisposedException)
        {
            // The terminal closed under the writer: its end is told by the exit code.
        }
    }
}
