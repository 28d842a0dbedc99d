using Skiff.Interop.Libc;

namespace Skiff.Interop.Processes;

/// <summary>
/// A child that runs a launch program in a copy of this process's memory (<see cref="Launcher.Fork"/>). Disposing it
/// closes descriptors and leaves the process alone; someone must reap it.
/// </summary>
public sealed class ForkedProcess : IDisposable
{
    private readonly LaunchProgram _program;
    private readonly LaunchLink _link;
    private bool _reaped;

    internal ForkedProcess(LaunchProgram program, int pid, PidFd pidFd)
    {
        (_program, _link) = (program, program.Link!);
        (Pid, PidFd) = (pid, pidFd);
    }

    /// <summary>The process id in the caller's PID namespace.</summary>
    public int Pid { get; }

    /// <summary>The process itself, immune to reuse of the id.</summary>
    public PidFd PidFd { get; }

    /// <summary>Waits for the child's next report; throws <see cref="LaunchException"/> when a step failed before
    /// it.</summary>
    public void AwaitReport()
    {
        if (!TryReadReport()) throw Failure();
    }

    /// <summary>Answers the child, which goes on. One that has ended meanwhile is told by the next wait.</summary>
    public void Continue()
    {
        Errno errno = Files.TryWrite(_link.AnswersWrite, [0], out _);
        if (errno is not (Errno.None or Errno.EPIPE))
            throw new LinuxException(errno, "write", "pipe to the launched process");
    }

    /// <summary>Waits until the child has executed its program; throws when a step failed before it.</summary>
    public void AwaitExec()
    {
        if (TryReadReport()) throw new InvalidOperationException("the child reports once more than it is asked");
        if (!_program.Succeeded) throw Failure();
    }

    /// <summary>Ends the child and reaps it, unless that has happened; for unwinding.</summary>
    public void Kill()
    {
        if (_reaped) return;
        PidFd.TrySendSignal(Signals.SIGKILL);
        PidFd.Wait();
        _reaped = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        PidFd.Dispose();
        _link.Dispose();
    }

    private bool TryReadReport()
    {
        Span<byte> report = stackalloc byte[1];
        return Files.Read(_link.ReportsRead, report) == 1;
    }

    private LaunchException Failure()
    {
        ExitStatus status = PidFd.Wait();
        _reaped = true;
        return LaunchException.Of(_program, status);
    }
}
