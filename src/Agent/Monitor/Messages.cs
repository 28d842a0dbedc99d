namespace Skiff.Agent.Monitor;

/// <summary>Streams that a client wants, as a bit set.</summary>
[Flags]
internal enum AttachStreams : byte
{
    /// <summary>Nothing but the exit.</summary>
    None = 0,

    /// <summary>Feed stdin.</summary>
    Stdin = 1,

    /// <summary>Receive stdout.</summary>
    Stdout = 2,

    /// <summary>Receive stderr.</summary>
    Stderr = 4,
}

/// <summary>Asks a fresh monitor to start a container.</summary>
/// <param name="Id">The container.</param>
/// <param name="Attach">What the client wants to see of it.</param>
/// <param name="Rows">Of the client's window.</param>
/// <param name="Columns">Of the client's window.</param>
/// <param name="Persist">A start that fails is tried again as the restart policy says: nobody is there who could.
/// </param>
/// <param name="Adopt">The container runs already, and its monitor was killed: take it over.</param>
internal sealed record StartRequest(string Id, AttachStreams Attach, ushort Rows = 0, ushort Columns = 0,
    bool Persist = false, bool Adopt = false);

/// <summary>One more process inside a running container.</summary>
internal sealed record ExecRequest
{
    /// <summary>The command; never empty.</summary>
    public required string[] Args { get; init; }

    /// <summary>KEY=VALUE additions.</summary>
    public string[] Env { get; init; } = [];

    /// <summary>Working directory; empty is the container's.</summary>
    public string WorkingDir { get; init; } = "";

    /// <summary>user[:group]; empty is the container's.</summary>
    public string User { get; init; } = "";

    /// <summary>A pseudo-terminal instead of the passed stdio.</summary>
    public bool Tty { get; init; }

    /// <summary>All capabilities.</summary>
    public bool Privileged { get; init; }

    /// <summary>Nobody waits; the process keeps running when the client goes away.</summary>
    public bool Detach { get; init; }

    /// <summary>Initial rows of the terminal.</summary>
    public ushort Rows { get; init; }

    /// <summary>Initial columns of the terminal.</summary>
    public ushort Columns { get; init; }

    /// <summary>The part that concerns the process.</summary>
    public Containers.ExecOptions ToOptions() => new(Args, Env, WorkingDir, User, Tty, Privileged);
}

/// <summary>Why something did not start, with the exit code that the CLI shall have.</summary>
internal sealed record FailureReport(int ExitCode, string Message);
