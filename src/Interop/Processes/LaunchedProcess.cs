namespace Skiff.Interop.Processes;

/// <summary>
/// A process that a launch started, here or in a process that has gone. Disposing closes the pidfd and leaves the
/// process alone; a child must be reaped.
/// </summary>
public sealed class LaunchedProcess : IDisposable
{
    private readonly ulong _adopted;

    internal LaunchedProcess(int pid, PidFd pidFd, ulong adopted = 0)
    {
        Pid = pid;
        PidFd = pidFd;
        _adopted = adopted;
    }

    /// <summary>The process id in the caller's PID namespace.</summary>
    public int Pid { get; }

    /// <summary>The process itself, immune to reuse of the id.</summary>
    public PidFd PidFd { get; }

    /// <summary>
    /// A process that is no child of this one, by its number and its start time (proc(5) stat field 22); null when it
    /// has gone.
    /// </summary>
    public static LaunchedProcess? Adopt(int pid, ulong startTime) =>
        PidFd.TryOpen(pid, startTime, out PidFd? pidFd) == Errno.None
            ? new LaunchedProcess(pid, pidFd!, startTime) : null;

    /// <summary>
    /// How it ended, once its pidfd says that it did; a child is reaped. Null when nobody can tell any more.
    /// </summary>
    public ExitStatus? End() => _adopted == 0 ? PidFd.Wait()
        : PidFd.TryReadEnd(Pid, _adopted, out ExitStatus status) ? status : null;

    /// <inheritdoc/>
    public void Dispose() => PidFd.Dispose();
}
