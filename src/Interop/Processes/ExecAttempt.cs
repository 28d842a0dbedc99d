namespace Skiff.Interop.Processes;

/// <summary>
/// One search for a program: the execve steps, and where the child left the head of the file that it could not start.
/// </summary>
internal sealed class ExecAttempt
{
    /// <summary>The name as the caller gave it.</summary>
    internal required string Name { get; init; }

    /// <summary>The paths tried, in order.</summary>
    internal required IReadOnlyList<string> Candidates { get; init; }

    /// <summary>The execve step of each candidate.</summary>
    internal List<LaunchStep> Steps { get; } = [];

    /// <summary>The pread step of each candidate, which fills <see cref="Head"/>.</summary>
    internal List<LaunchStep> Reads { get; } = [];

    /// <summary>The first bytes of the one file that was read.</summary>
    internal required LaunchMemory Head { get; init; }
}
