namespace Skiff.Interop.Processes;

/// <summary>
/// A launch that did not get to exec: which step failed, on which path, with which errno, and for exec what is missing.
/// </summary>
public sealed class LaunchException : LinuxException
{
    private const int ExitNotExecutable = 126;
    private const int ExitNotFound = 127;
    private const int ExitEngineFailed = 125;

    private LaunchException(Errno errno, string call, string? path, string message)
        : base(message, errno, call, path)
    {
    }

    /// <summary>The failing step's index in its program, or -1 when the clone itself failed.</summary>
    public int Step { get; private init; } = -1;

    /// <summary>Whether everything up to exec worked, and only the program could not be executed.</summary>
    public bool IsExec { get; private init; }

    /// <summary>
    /// As <c>docker run</c>: 127 for a program that is not there, 126 for one that cannot run, 125 for anything else.
    /// </summary>
    public int ExitCode =>
        !IsExec ? ExitEngineFailed : Errno is Errno.ENOENT or Errno.ENOTDIR ? ExitNotFound : ExitNotExecutable;

    /// <inheritdoc/>
    public override LinuxException While(string doing) =>
        new LaunchException(Errno, Call, Path, $"{doing}: {Message}") { Step = Step, IsExec = IsExec };

    internal static LaunchException OfClone(Errno errno, LaunchOptions options, string? subject)
    {
        string call = $"clone3({options.Namespaces})";
        string? cgroup = options.Cgroup?.ToString();
        return new LaunchException(errno, call, cgroup, Describe(errno, call, cgroup, subject));
    }

    internal static LaunchException Of(LaunchProgram program, ExitStatus status)
    {
        int index = program.CurrentIndex;
        StepInfo info = program.InfoOf(index);
        Errno errno = program.Failure;
        if (errno == Errno.None) return Killed(program, info, index, status);
        if (info.Exec is { } attempt)
        {
            string message = ExecDiagnosis.Explain(program, attempt, out errno, out string path);
            return new LaunchException(errno, "execve", path, message) { Step = index, IsExec = true };
        }
        string text = Describe(errno, info.Call, info.Path, program.Subject);
        return new LaunchException(errno, info.Call, info.Path, text) { Step = index };
    }

    private static LaunchException Killed(LaunchProgram program, StepInfo info, int index, ExitStatus status)
    {
        string where = info.Path is null ? info.Call : $"{info.Call}({info.Path})";
        string subject = program.Subject is null ? "" : program.Subject + ": ";
        string message = $"{subject}{where}: the child ended there by {status}";
        return new LaunchException(Errno.EINTR, info.Call, info.Path, message) { Step = index };
    }
}
