namespace Skiff.Agent.Manager;

/// <summary>The user asked for something that cannot be: the text goes to them as it is.</summary>
/// <param name="message">What is wrong and what to do.</param>
/// <param name="exitCode">The command's exit code: 1 for most verbs, 125 when <c>run</c> or <c>create</c> cannot
/// begin.</param>
internal sealed class UsageException(string message, int exitCode = 1) : Exception(message)
{
    /// <summary>The command's exit code.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>What kind of impossibility it is.</summary>
    public UsageKind Kind { get; private init; }

    /// <summary>There is no such object.</summary>
    public static UsageException NotFound(string message, int exitCode = 1) =>
        new(message, exitCode) { Kind = UsageKind.NotFound };

    /// <summary>The object's state, or somebody who uses it, does not allow it.</summary>
    public static UsageException Conflict(string message, int exitCode = 1) =>
        new(message, exitCode) { Kind = UsageKind.Conflict };

    /// <summary>Nobody may do that, or others have what is asked for.</summary>
    public static UsageException Forbidden(string message, int exitCode = 1) =>
        new(message, exitCode) { Kind = UsageKind.Forbidden };
}
