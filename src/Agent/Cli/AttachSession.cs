using System.Runtime.InteropServices;
using Skiff.Agent.Manager;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Processes;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Cli;

/// <summary>
/// Joins this process' stdio to a container: output packets to fd 1 and 2 on the calling thread, stdin to packets on a
/// second one. With a terminal on both sides it is raw, follows window changes, and ends early on the detach keys.
/// </summary>
internal sealed class AttachSession : IDisposable
{
    // All that docker passes on, without the real-time ones. Not those that tell of faults and of pipes, nor those that
    // runtime and libc keep (32 to 34).
    private static readonly int[] s_proxied = [1, 2, 3, 10, 12, 14, 15, 16, 18, 24, 25, 26, 27, 28, 29, 30];

    // What ends this process and would leave the terminal as the container had it.
    private static readonly PosixSignal[] s_ending = [PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    // So many times docker's client has to be asked to end.
    private const int Insistence = 3;

    private const int WindowChange = 28, FirstRealTime = 35, LastRealTime = 64;

    private readonly ContainerLink _link;
    private readonly Fd _stdin = Fd.Borrow(0);
    private readonly Fd[] _outputs = [Fd.Borrow(1), Fd.Borrow(2)];
    private readonly List<IDisposable> _registrations = [];
    private readonly bool _tty;
    private readonly DetachKeys _keys;
    private TerminalMode? _saved;
    private volatile bool _detached;
    private int _endings;

    /// <summary>Prepares; nothing is read or written yet.</summary>
    public AttachSession(ContainerLink link, bool tty, DetachKeys keys) =>
        (_link, _tty, _keys) = (link, tty, keys);

    /// <summary>Whether the user left with the detach keys.</summary>
    public bool Detached => _detached;

    /// <summary>Window size of this process' terminal; zeros when it has none.</summary>
    public static (ushort Rows, ushort Columns) TerminalSize() =>
        WindowSize.TryGet(Fd.Borrow(0), out ushort rows, out ushort columns) ? (rows, columns) : ((ushort)0, (ushort)0);

    /// <summary>
    /// Runs until the container ends or the user detaches. Returns the exit code; 0 after a detach.
    /// </summary>
    /// <param name="withStdin">Feed stdin.</param>
    /// <param name="proxySignals">Forward signals that this process gets. Without, it stays until the container's
    /// end for the first two of SIGINT and SIGTERM, and the others have their usual effect here.</param>
    public int Run(bool withStdin, bool proxySignals)
    {
        if (_tty && Termios.IsTerminal(_stdin))
        {
            _saved = Termios.MakeRaw(_stdin);
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, OnWindowChange));
        }
        if (proxySignals) ProxyAll();
        else KeepAll();
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
        while (true)
        {
            if (_link.Client.Socket.TryReceive(buffer, out int count, []) != Errno.None || count == 0)
            {
                if (_detached) return 0;
                if (!_link.TryReconnect(out int exitCode)) return Ended(exitCode, _link.Doubt);
                continue;
            }
            switch ((PacketType)buffer[0])
            {
                case PacketType.Stdout: Files.WriteAll(_outputs[0], buffer.AsSpan(1, count - 1)); break;
                case PacketType.Stderr: Files.WriteAll(_outputs[1], buffer.AsSpan(1, count - 1)); break;
                case PacketType.Exited:
                    var (code, doubt) = Packet.ReadExited(buffer.AsSpan(1, count - 1));
                    return Ended(code, doubt);
            }
        }
    }

    private static int Ended(int exitCode, string doubt)
    {
        if (doubt.Length > 0) Output.Error($"skiff: {doubt}");
        return exitCode;
    }

    private void FeedStdin()
    {
        byte[] buffer = new byte[32 << 10];
        var onward = new List<byte>();
        while (Files.TryRead(_stdin, buffer, out int count) == Errno.None && count > 0)
        {
            if (_saved is null)
            {
                Feed(Packet.Of(PacketType.Stdin, buffer.AsSpan(0, count)));
                continue;
            }
            onward.Clear();
            bool leaves = _keys.Take(buffer.AsSpan(0, count), onward);
            if (onward.Count > 0) Feed(Packet.Of(PacketType.Stdin, CollectionsMarshal.AsSpan(onward)));
            if (!leaves) continue;
            _detached = true;
            _link.Client.Socket.Shutdown();
            return;
        }
        Feed([(byte)PacketType.StdinEnd]);
    }

    // What a monitor that has gone does not take, the next one gets; when there is none, the other thread ends this
    // process.
    private void Feed(byte[] packet)
    {
        MonitorClient client = _link.Client;
        while (client.Socket.TrySend(packet, []) != Errno.None) client = _link.WaitForNext(client);
    }

    // A change of a terminal's size is passed on as such.
    private void ProxyAll()
    {
        foreach (int signal in s_proxied.Concat(Enumerable.Range(FirstRealTime, LastRealTime - FirstRealTime + 1)))
            if (signal != WindowChange || _saved is null)
                _registrations.Add(PosixSignalRegistration.Create((PosixSignal)signal, Proxy));
    }

    private void KeepAll()
    {
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Insist));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Insist));
        if (_saved is not { } mode) return;
        foreach (PosixSignal signal in s_ending)
            _registrations.Add(PosixSignalRegistration.Create(signal, _ => Termios.Restore(_stdin, mode)));
    }

    private void Insist(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _endings) != Insistence) return;
        if (_saved is { } mode) Termios.Restore(_stdin, mode);
        Output.Error($"\ngot {Insistence} SIGTERM/SIGINTs, forcefully exiting");
        Environment.Exit(1);
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
            PosixSignal.SIGHUP => 1, PosixSignal.SIGINT => 2, PosixSignal.SIGQUIT => 3, PosixSignal.SIGTERM => 15,
            PosixSignal.SIGCONT => 18, PosixSignal.SIGWINCH => WindowChange, var raw => (int)raw,
        };
        TrySend([(byte)PacketType.Signal, (byte)signal]);
    }

    // On a signal thread: a container that has just ended is no news here.
    private void TrySend(byte[] packet) => _link.Client.Socket.TrySend(packet, []);
}
