namespace Skiff.Interop.Processes;

/// <summary>How the child of a launch is cloned. Descriptors are borrowed for the length of the launch.</summary>
public sealed class LaunchOptions
{
    /// <summary>The namespaces that the child gets new.</summary>
    public CloneFlags Namespaces { get; init; }

    /// <summary>
    /// The cgroup v2 directory that the child is born in (CLONE_INTO_CGROUP, Linux 5.7); null for the caller's own.
    /// </summary>
    public Fd? Cgroup { get; init; }

    /// <summary>
    /// CLONE_FILES: descriptors that the child opens before its first unsharing <c>CloseRange</c> land in this process
    /// too. Those of kept steps (<see cref="LaunchProgram.Keep"/>) are for <see cref="LaunchProgram.TakeFd"/>; the
    /// others are closed after the launch.
    /// </summary>
    public bool ShareFiles { get; init; }

    /// <summary>What is done to the child while it waits at the program's <see cref="LaunchProgram.Meet"/>.</summary>
    public LaunchMeeting? Meeting { get; init; }

    /// <summary>
    /// A pidfd (or nsfs descriptor) whose PID namespace the child is born in; null for the caller's own.
    /// </summary>
    public Fd? PidNamespaceOf { get; init; }

    /// <summary>
    /// Whether this process has no right to come back to its own PID namespace, as in a user namespace of its own: the
    /// launch is then done by a thread that stays away.
    /// </summary>
    public bool PidNamespaceIsOneWay { get; init; }

    /// <summary>
    /// PR_SET_DUMPABLE 0 during the launch. The child shares this process' memory until exec: without this a process of
    /// the same user inside the child's namespaces could attach to it once the child dropped its capabilities. Restored
    /// afterwards.
    /// </summary>
    public bool ProtectMemory { get; init; } = true;
}
