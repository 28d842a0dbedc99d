using Skiff.Interop;
using Skiff.Interop.Cgroups;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Containers;

/// <summary>
/// A started container as its monitor holds it: the first process, the engine's ends of stdio, and everything that has
/// to be
/// taken back when it ends. Disposing does that; the mounts went away with the mount namespace.
/// </summary>
internal sealed class RunningContainer(Unwinder cleanup) : IDisposable
{
    /// <summary>The first process; this process is its parent, or has adopted it.</summary>
    public required LaunchedProcess Process { get; init; }

    /// <summary>How long it had been running when this process took it over.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>Where all its processes are; null when a rootless user has no cgroups.</summary>
    public required Cgroup? Cgroup { get; init; }

    /// <summary>Master side of the terminal, or null.</summary>
    public Fd? Terminal { get; init; }

    /// <summary>Write end of stdin, non-blocking, or null.</summary>
    public Fd? Stdin { get; init; }

    /// <summary>Read end of stdout, non-blocking, or null with a terminal.</summary>
    public Fd? Stdout { get; init; }

    /// <summary>Read end of stderr, non-blocking, or null with a terminal.</summary>
    public Fd? Stderr { get; init; }

    /// <summary>The container's devpts, for terminals of exec'd processes; null when it has unmounted that.</summary>
    public Fd? DevPts { get; init; }

    /// <summary>Limits that could not be enforced.</summary>
    public string[] Warnings { get; init; } = [];

    /// <summary>Whether the kernel killed one of its processes for memory. Valid until disposal.</summary>
    public bool OomKilled => Cgroup?.OomKillCount is > 0;

    /// <summary>Something more that ends with it.</summary>
    /// <param name="what">What it is, for errors.</param>
    /// <param name="thing">Disposed of then.</param>
    public void Owns(string what, IDisposable thing) => cleanup.Push(what, thing.Dispose);

    /// <summary>Takes everything back and returns what could not be, in words.</summary>
    public List<string> Failures { get; private set; } = [];

    /// <inheritdoc/>
    public void Dispose() => Failures = cleanup.Run();
}
