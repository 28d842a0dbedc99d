using System.Runtime.InteropServices;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Processes;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Cli;

/// <summary>
/// Joins this process' stdio to a container: output packets to fd 1 and 2 on the calling thread, stdin to packets on a
/// second
/// one. With a terminal on both sides it is raw, follows window changes, and ends early on the detach keys.
/// </summary>
internal sealed class AttachSession : IDisposable
{
    private const byte CtrlP = 16, CtrlQ = 17;

    private static readonly PosixSignal[] s_proxied =
        [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT, (PosixSignal)10,
            (PosixSignal)12];

    private readonly MonitorClient _client;
    private readonly Fd _stdin = Fd.Borrow(0);
    private readonly Fd[] _outputs = [Fd.Borrow(1), Fd.Borrow(2)];
    private readonly List<IDisposable> _registrations = [];
    private readonly bool _tty;
    private TerminalMode? _saved;
    private volatile bool _detached;

    /// <summary>Prepares; nothing is read or written yet.</summary>
    public AttachSession(MonitorClient client, bool tty) => (_client, _tty) = (client, tty);

    /// <summary>Window size of this process' terminal; zeros when it has none.</summary>
    public static (ushort Rows, ushort Columns) TerminalSize() =>
        WindowSize.TryGet(Fd.Borrow(0), out ushort rows, out ushort columns) ? (rows, columns) : ((ushort)0, (ushort)0);

    /// <summary>
    /// Runs until the container ends, the user detaches, or the monitor vanishes. Returns the exit code; 0 after a
    /// detach.
    /// </summary>
    /// <param name="withStdin">Feed stdin.</param>
    /// <param name="proxySignals">Forward signals that this process gets; without, they have their usual effect
    /// here.</param>
    public int Run(bool withStdin, bool proxySignals)
    {
        if (_tty && Termios.IsTerminal(_stdin))
        {
            _saved = Termios.MakeRaw(_stdin);
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, OnWindowChange));
        }
        if (proxySignals && !_tty)
            foreach (PosixSignal signal in s_proxied)
                _registrations.Add(PosixSignalRegistration.Create(signal, Proxy));
        if (withStdin) new Thread(FeedStdin) { IsBackground = true }.Start();
        return ReadPackets();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IDisposable registration in _registrations) registration.Dispose();
        if (_saved is { } mode) Termios.Restore(_stdin, mode);
    }

    private int ReadPackets()
    {
        byte[] buffer = new byte[Packet.MaxBytes];
        while (_client.Socket.TryReceive(buffer, out int count, []) == Errno.None && count > 0)
        {
            switch ((PacketType)buffer[0])
            {
                case PacketType.Stdout: Files.WriteAll(_outputs[0], buffer.AsSpan(1, count - 1)); break;
                case PacketType.Stderr: Files.WriteAll(_outputs[1], buffer.AsSpan(1, count - 1)); break;
                case PacketType.Exited: return Packet.ReadNumber(buffer.AsSpan(1));
            }
        }
        return _detached ? 0 : throw new Manager.UsageException("the container's monitor ended unexpectedly", 125);
    }

    private void FeedStdin()
    {
        byte[] buffer = new byte[32 << 10];
        bool sawCtrlP = false;
        try
        {
            while (Files.TryRead(_stdin, buffer.AsSpan(1), out int count) == Errno.None && count > 0)
            {
                if (_saved is not null && EndsWithDetachKeys(buffer.AsSpan(1, count), ref sawCtrlP))
                {
                    _detached = true;
                    _client.Socket.Shutdown();
                    return;
                }
                buffer[0] = (byte)PacketType.Stdin;
                _client.Send(buffer.AsSpan(0, count + 1).ToArray());
            }
            _client.Send([(byte)PacketType.StdinEnd]);
        }
        catch (LinuxException)
        {
            // The container has ended; the other thread knows and says so.
        }
    }

    private static bool EndsWithDetachKeys(ReadOnlySpan<byte> typed, ref bool sawCtrlP)
    {
        foreach (byte key in typed)
        {
            if (sawCtrlP && key == CtrlQ) return true;
            sawCtrlP = key == CtrlP;
        }
        return false;
    }

    private void OnWindowChange(PosixSignalContext context)
    {
        if (WindowSize.TryGet(_stdin, out ushort rows, out ushort columns))
            TrySend(Packet.Size(PacketType.Resize, rows, columns));
    }

    private void Proxy(PosixSignalContext context)
    {
        context.Cancel = true;
        int signal = context.Signal switch
        {
            PosixSignal.SIGHUP => 1, PosixSignal.SIGINT => 2, PosixSignal.SIGQUIT => 3, PosixSignal.SIGTERM =>
                15, var raw => (int)raw,
        };
        TrySend([(byte)PacketType.Signal, (byte)signal]);
    }

    // On a signal thread: a container that has just ended is no news here.
    private void TrySend(byte[] packet) => _client.Socket.TrySend(packet, []);
}
