using System.Text;
using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Events;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Monitor;

/// <summary>One health check that runs inside a container: its process, and the first of what it writes.</summary>
internal sealed class HealthProbe : IDisposable
{
    private const int OutputBytes = 4096;

    private readonly EventLoop _loop;
    private readonly LaunchedProcess _process;
    private readonly Fd _output;
    private readonly Action<HealthResult> _ended;
    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;
    private readonly byte[] _text = new byte[OutputBytes];
    private int _length;
    private bool _cut;
    private string? _overdue;

    /// <summary>Starts it.</summary>
    /// <param name="loop">Watches it.</param>
    /// <param name="start">Starts a process with these three as its stdio.</param>
    /// <param name="ended">Told the result, unless this is disposed before.</param>
    /// <exception cref="UsageException">The command cannot be run.</exception>
    public HealthProbe(EventLoop loop, Func<IReadOnlyList<Fd>, LaunchedProcess> start, Action<HealthResult> ended)
    {
        (_loop, _ended) = (loop, ended);
        (_output, Fd theirs) = Files.Pipe();
        Files.SetNonBlocking(_output);
        try
        {
            using Fd nothing = Files.Open("/dev/null", OpenFlags.O_RDONLY);
            _process = start([nothing, theirs, theirs]);
        }
        catch
        {
            _output.Dispose();
            throw;
        }
        finally
        {
            theirs.Dispose();
        }
        loop.Watch(_output, EpollEvents.EPOLLIN, _ => Read());
        loop.Watch(_process.PidFd.Fd, EpollEvents.EPOLLIN, _ => OnExit());
    }

    /// <summary>Ends it as one that took too long; the result says <paramref name="why"/>.</summary>
    public void GiveUp(string why)
    {
        _overdue = why;
        _process.PidFd.TrySendSignal(Signals.SIGKILL);
    }

    /// <summary>Ends a process that is still there; nobody is told.</summary>
    public void Dispose()
    {
        if (_output.IsClosed) return;
        _process.PidFd.TrySendSignal(Signals.SIGKILL);
        Reap();
    }

    private void OnExit()
    {
        while (Read()) { }
        int exitCode = Reap().ShellCode;
        string text = Encoding.UTF8.GetString(_text.AsSpan(0, _length)) + (_cut ? "..." : "");
        _ended(_overdue is null ? new HealthResult(_start, DateTimeOffset.UtcNow, exitCode, text)
            : new HealthResult(_start, DateTimeOffset.UtcNow, -1, _overdue));
    }

    // What comes after the first 4 KiB is read as well: the command must not wait for a reader.
    private bool Read()
    {
        Span<byte> more = stackalloc byte[OutputBytes];
        if (_output.IsClosed || Files.TryRead(_output, more, out int count) != Errno.None) return false;
        if (count == 0)
        {
            _loop.Forget(_output);
            return false;
        }
        int take = Math.Min(count, OutputBytes - _length);
        more[..take].CopyTo(_text.AsSpan(_length));
        _length += take;
        _cut |= take < count;
        return true;
    }

    private ExitStatus Reap()
    {
        _loop.Forget(_output);
        _loop.Forget(_process.PidFd.Fd);
        _output.Dispose();
        ExitStatus status = _process.PidFd.Wait();
        _process.Dispose();
        return status;
    }
}
