namespace Skiff.Interop.Processes;

/// <summary>The managed side of a step: how errors name it, and what it does to descriptors.</summary>
internal readonly record struct StepInfo(string Call, string? Path)
{
    /// <summary>For a stop step: the step whose error it reports; otherwise -1.</summary>
    internal int StandsFor { get; init; } = -1;

    /// <summary>For an exec step: what to say when it fails; null otherwise.</summary>
    internal ExecAttempt? Exec { get; init; }

    /// <summary>Whether a successful result is a new descriptor.</summary>
    internal bool OpensFd { get; init; }

    /// <summary>Whether the parent keeps that descriptor after a launch with a shared descriptor table.</summary>
    internal bool Kept { get; init; }

    /// <summary>The step whose descriptor this one closes, or -1.</summary>
    internal int Closes { get; init; } = -1;

    /// <summary>Whether the child has its own descriptor table once this step succeeded.</summary>
    internal bool UnsharesFiles { get; init; }

    /// <summary>
    /// Whether the step changes descriptors by number, which must not hit a table shared with the parent.
    /// </summary>
    internal bool NeedsOwnFiles { get; init; }

    /// <summary>Whether the child ends here when the step succeeds: exec or exit.</summary>
    internal bool Ends { get; init; }
}
