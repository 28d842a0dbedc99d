using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Skiff.PowerCut;

/// <summary>
/// One boot of the guest. Commands go to a port of it, where <c>tests/vm/guest/obey</c> runs them one by one
/// and tells their output and exit code, so that the host knows which were acknowledged when the power went.
/// </summary>
internal sealed class Machine : IDisposable
{
    private static readonly TimeSpan s_askAgain = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_bootLimit = TimeSpan.FromSeconds(90), s_commandLimit = TimeSpan.FromSeconds(90);

    private readonly Process _qemu;
    private readonly StringBuilder _received = new();
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _news = new(false);
    private Timer? _cut;
    private volatile bool _off;
    private int _commands;

    /// <summary>Starts QEMU; it dies with the thread that calls this.</summary>
    /// <param name="command">QEMU and its arguments.</param>
    public Machine(IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo("setpriv")
        {
            RedirectStandardInput = true, RedirectStandardOutput = true,
        };
        foreach (string word in (string[])["--pdeathsig", "KILL", "--", .. command]) start.ArgumentList.Add(word);
        _qemu = Process.Start(start)!;
        new Thread(Receive) { IsBackground = true }.Start();
    }

    /// <summary>Waits until the guest takes commands; false when it doesn't come up.</summary>
    public bool WaitUntilUp() => TryTake("\nREADY\n", s_bootLimit, out _);

    /// <summary>
    /// Waits until a machine that goes on from a file takes commands. Until its memory is there, what is sent gets
    /// lost, so this asks again and again; the answers that come too late belong to no command.
    /// </summary>
    public void WaitUntilAwake()
    {
        for (int attempt = 0; attempt < s_bootLimit / s_askAgain; attempt++)
        {
            Send("\n0 :");
            if (TryTake("\u0001END 0 0\n", s_askAgain, out _)) return;
        }
        throw new TimeoutException($"the machine did not go on within {s_bootLimit}");
    }

    /// <summary>Cuts the power after a while, whatever the guest does then.</summary>
    public void CutIn(TimeSpan delay) => _cut = new Timer(_ => Kill(), null, delay, Timeout.InfiniteTimeSpan);

    /// <summary>Runs one line of shell in the guest.</summary>
    /// <exception cref="PowerCutException">The power went before the guest had told of its end.</exception>
    public (int ExitCode, string Output) Run(string line)
    {
        if (line.Contains('\n')) throw new ArgumentException("one line only", nameof(line));
        int number = ++_commands;
        Send($"{number} {line}");
        if (!TryTake($"\n\u0001END {number} ", s_commandLimit, out string output)
            || !TryTake("\n", s_commandLimit, out string code))
            throw _off ? new PowerCutException() : new TimeoutException($"no end after {s_commandLimit}: {line}");
        return (int.Parse(code), output);
    }

    /// <summary>
    /// Writes the machine's memory to a file and ends it; another goes on from there with <c>-incoming</c>.
    /// </summary>
    /// <param name="monitor">The socket of QEMU's monitor.</param>
    /// <param name="path">The file.</param>
    public void Save(string monitor, string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(monitor));
        using var stream = new NetworkStream(socket);
        stream.Write(Encoding.ASCII.GetBytes(
            $"migrate_set_parameter max-bandwidth 10G\nmigrate \"exec:cat > {path}\"\nquit\n"));
        // The monitor says what it does until QEMU is gone.
        stream.CopyTo(Stream.Null);
        _qemu.WaitForExit();
    }

    /// <summary>Cuts the power now.</summary>
    public void Kill()
    {
        _off = true;
        try
        {
            _qemu.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
        _news.Set();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cut?.Dispose();
        Kill();
        _qemu.WaitForExit();
        _qemu.Dispose();
        _news.Dispose();
    }

    private void Send(string line)
    {
        try
        {
            _qemu.StandardInput.Write(line + "\n");
            _qemu.StandardInput.Flush();
        }
        catch (IOException)
        {
            throw new PowerCutException();
        }
    }

    private void Receive()
    {
        Stream output = _qemu.StandardOutput.BaseStream;
        byte[] buffer = new byte[4096];
        try
        {
            while (output.Read(buffer) is > 0 and var count)
            {
                lock (_lock) _received.Append(Encoding.Latin1.GetString(buffer, 0, count));
                _news.Set();
            }
            _off = true;
            _news.Set();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The machine is gone.
        }
    }

    /// <summary>Takes what came up to a mark, and the mark.</summary>
    private bool TryTake(string mark, TimeSpan limit, out string before)
    {
        long deadline = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        while (true)
        {
            lock (_lock)
            {
                string text = _received.ToString();
                int at = text.IndexOf(mark, StringComparison.Ordinal);
                if (at >= 0)
                {
                    before = text[..at];
                    _received.Remove(0, at + mark.Length);
                    return true;
                }
            }
            before = "";
            long left = deadline - Environment.TickCount64;
            if (_off || left <= 0) return false;
            _news.WaitOne((int)Math.Min(left, 1000));
        }
    }
}
