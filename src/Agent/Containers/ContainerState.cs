namespace Skiff.Agent.Containers;

/// <summary>
/// What happened to a container. The durable copy is <c>ROOT/containers/ID/state.json</c>; while a monitor runs, the
/// volatile copy in <c>RUNROOT/containers/ID/run.json</c> is the truth and names the processes.
/// </summary>
internal sealed record ContainerState
{
    /// <summary>The exit code of one whose end nobody saw.</summary>
    public const int UnknownExitCode = 255;

    /// <summary>Why it is not known.</summary>
    public const string UnseenEnd = "the container's monitor was killed, and nobody was told how the container ended";

    /// <summary>created, running, paused, restarting, exited or dead, as Docker's API has them.</summary>
    public string Status { get; init; } = "created";

    /// <summary>PID of the container's first process on the host; 0 when not running.</summary>
    public int Pid { get; init; }

    /// <summary>
    /// Start time of <see cref="Pid"/> in clock ticks (proc(5) stat field 22), against reuse of the number.
    /// </summary>
    public long PidStartTime { get; init; }

    /// <summary>
    /// Inodes of the pipes that are its stdout and stderr, by which another monitor finds them; 0 with a terminal.
    /// </summary>
    public (long Stdout, long Stderr) Pipes { get; init; }

    /// <summary>PID of the monitor; 0 when not running.</summary>
    public int MonitorPid { get; init; }

    /// <summary>Start time of <see cref="MonitorPid"/>.</summary>
    public long MonitorStartTime { get; init; }

    /// <summary>Exit code, 128+n for a signal.</summary>
    public int ExitCode { get; init; }

    /// <summary>Killed by the kernel for memory.</summary>
    public bool OomKilled { get; init; }

    /// <summary>Why a start failed, or what the engine found out about the end.</summary>
    public string Error { get; init; } = "";

    /// <summary>Why <see cref="ExitCode"/> is only a stand-in; empty otherwise.</summary>
    public string Doubt => Error == UnseenEnd ? Error : "";

    /// <summary>Last start, UTC; default when never.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Last end, UTC; default when never.</summary>
    public DateTimeOffset FinishedAt { get; init; }

    /// <summary>Limits that the host could not enforce, in words.</summary>
    public string[] Warnings { get; init; } = [];

    /// <summary>How often the monitor has started it again since somebody started it.</summary>
    public int RestartCount { get; init; }

    /// <summary>Whether somebody stopped or killed it: no policy starts it again then.</summary>
    public bool StoppedByUser { get; init; }

    /// <summary>
    /// In a durable state: the host's boot in which it was last seen running, empty when its end is known. Another
    /// boot than the present one tells that the host went down under it.
    /// </summary>
    public string Boot { get; init; } = "";

    /// <summary>starting, healthy, unhealthy; empty without a health check.</summary>
    public string Health { get; init; } = "";

    /// <summary>Whether a monitor looks after it: it runs, or will run again.</summary>
    public bool IsActive => MonitorPid > 0;

    /// <summary>The state of one that has ended, or is between two runs: nothing of a process is left in it.</summary>
    public ContainerState Ended(string status) =>
        this with { Status = status, Pid = 0, PidStartTime = 0, Pipes = default };

    /// <summary>The state of one whose monitor has ended, too.</summary>
    public ContainerState Exited() => Ended("exited") with { MonitorPid = 0, MonitorStartTime = 0 };
}
