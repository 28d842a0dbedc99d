namespace Skiff.Interop.Processes;

/// <summary>A host program to start. Descriptors are borrowed until the start returns.</summary>
public sealed class SpawnRequest
{
    /// <summary>
    /// The program by descriptor (execveat(2)), for instance of <see cref="ReadOnlySelf"/>; null to use a path.
    /// </summary>
    public Fd? Program { get; init; }

    /// <summary>The program's path, or with <see cref="Program"/> its name in errors.</summary>
    public required string Path { get; init; }

    /// <summary>argv, with the program's name first.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary><c>NAME=value</c> each; nothing is inherited.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Descriptor n of the child; everything else is closed.</summary>
    public required IReadOnlyList<Fd> Descriptors { get; init; }

    /// <summary>Whether the child leads a session of its own, away from the caller's terminal.</summary>
    public bool NewSession { get; init; }

    /// <summary>The cgroup v2 directory that the child is born in; null for the caller's own.</summary>
    public Fd? Cgroup { get; init; }

    /// <summary>The namespaces that the child gets new.</summary>
    public CloneFlags Namespaces { get; init; }

    /// <summary>The working directory; null for the caller's own.</summary>
    public string? WorkingDirectory { get; init; }
}
