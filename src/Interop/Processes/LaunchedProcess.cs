namespace Skiff.Interop.Processes;

/// <summary>
/// A child that a launch started. Disposing closes the pidfd and leaves the process alone; someone must reap it.
/// </summary>
public sealed class LaunchedProcess : IDisposable
{
    internal LaunchedProcess(int pid, PidFd pidFd)
    {
        Pid = pid;
        PidFd = pidFd;
    }

    /// <summary>The process id in the caller's PID namespace.</summary>
    public int Pid { get; }

    /// <summary>The process itself, immune to reuse of the id.</summary>
    public PidFd PidFd { get; }

    /// <inheritdoc/>
    public void Dispose() => PidFd.Dispose();
}
