using Skiff.Interop.Syscalls;
using static Skiff.Interop.Processes.ProcessConstants;

namespace Skiff.Interop.Processes;

// Sessions, signals, and the two ways to end: exec and exit.
public sealed partial class LaunchProgram
{
    private const int SignalSetLength = 8;
    private const int HeadLength = 4096;
    private static readonly OnError s_goesOn = OnError.Ignoring(Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES);

    /// <summary>setsid(2).</summary>
    public LaunchStep SetSid() => Call("setsid", null, SyscallNumbers.setsid);

    /// <summary>
    /// ioctl(TIOCSCTTY): the terminal becomes the controlling one of the session that <see cref="SetSid"/> began.
    /// </summary>
    public LaunchStep SetControllingTerminal(StepArgument terminal) => Ioctl(terminal, TIOCSCTTY, 0, "TIOCSCTTY");

    /// <summary>Waits until what has to be done to the child from outside is done.</summary>
    public void Meet(LaunchMeeting meeting) => meeting.AddTo(this);

    /// <summary>umask(2).</summary>
    public LaunchStep Umask(uint mask) => Call("umask", null, SyscallNumbers.umask, mask);

    /// <summary>
    /// rt_sigprocmask(2): blocks nothing any more. The child starts with every signal blocked; this is its last step
    /// before exec.
    /// </summary>
    public LaunchStep UnblockSignals() =>
        Call("rt_sigprocmask", null, SyscallNumbers.rt_sigprocmask, SIG_SETMASK, Words(0), 0, SignalSetLength);

    /// <summary>
    /// SIGPIPE back to its default: the .NET runtime ignores it, and neither CLONE_CLEAR_SIGHAND nor exec changes
    /// ignored signals.
    /// </summary>
    public LaunchStep ResetSigPipe() => ResetSignal(Signals.SIGPIPE);

    /// <summary>rt_sigaction(2) with SIG_DFL.</summary>
    public LaunchStep ResetSignal(int signal) =>
        Call($"rt_sigaction({Signals.NameOf(signal)})", null, SyscallNumbers.rt_sigaction,
            signal, Words(0, 0, 0, 0), 0, SignalSetLength);

    /// <summary>
    /// Every signal that this process ignores back to its default, then <see cref="UnblockSignals"/>: the state that a
    /// program expects to be started in.
    /// </summary>
    /// <param name="keepBlocked">
    /// Leave them blocked, for a program that wants none to be lost before it looks after them itself.
    /// </param>
    public void ResetSignals(bool keepBlocked = false)
    {
        ulong ignored = Signals.Ignored();
        for (int signal = 1; signal <= Signals.SIGRTMAX; signal++)
            if ((ignored >> (signal - 1) & 1) != 0) ResetSignal(signal);
        if (!keepBlocked) UnblockSignals();
    }

    /// <summary>exit_group(2).</summary>
    public LaunchStep Exit(int code = 0) =>
        Add(new StepInfo("exit_group", null) { Ends = true }, SyscallNumbers.exit_group, OnError.Fail, [code]);

    /// <summary>execve(2) of one path.</summary>
    public void ExecVe(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment) =>
        ExecSearch(path, [path], arguments, environment);

    /// <summary>
    /// execve(2) of the first candidate that is there and may be executed (ENOENT, ENOTDIR and EACCES go on to the
    /// next). When none starts, the child reads the head of the file that it could not start, so that the error can
    /// name what is missing.
    /// </summary>
    /// <param name="name">The program as its user named it, for the error.</param>
    /// <param name="candidates">Paths in the child's root, in order.</param>
    /// <param name="arguments">argv, with the name first.</param>
    /// <param name="environment"><c>NAME=value</c> each.</param>
    /// <param name="failures">
    /// Where the child writes the error that it ends with (8 bytes, -errno), for somebody who cannot see the program's
    /// memory; null when the parent is there.
    /// </param>
    public void ExecSearch(
        string name, IReadOnlyList<string> candidates, IReadOnlyList<string> arguments,
        IReadOnlyList<string> environment, StepArgument? failures = null)
    {
        LaunchMemory argv = TextArray(arguments), envp = TextArray(environment);
        Search(name, candidates, (attempt, i, path) =>
            Add(new StepInfo("execve", candidates[i]) { Exec = attempt, Ends = true }, SyscallNumbers.execve,
                s_goesOn, [path, argv, envp]), failures);
    }

    /// <summary>
    /// faccessat2(2), Linux 5.8, of the candidates that <see cref="ExecSearch"/> would try, for a child that waits
    /// before it executes: what is not there is told before the wait, in the same words.
    /// </summary>
    public void CheckProgram(string name, IReadOnlyList<string> candidates)
    {
        var directories = new List<LaunchStep>();
        Search(name, candidates, (attempt, i, path) => Check(attempt, candidates[i], path, directories));
        foreach (LaunchStep directory in directories) AfterListedErrorContinueHere(directory);
    }

    // A directory may be searched, which is no different to faccessat(2): execve(2) itself says what is wrong with it.
    private LaunchStep Check(ExecAttempt attempt, string name, LaunchMemory path, List<LaunchStep> directories)
    {
        const int X_OK = 1;
        LaunchStep access = Add(new StepInfo("faccessat2", name) { Exec = attempt }, SyscallNumbers.faccessat2,
            OnError.SkipNext(2, Errno.ENOENT, Errno.ENOTDIR, Errno.EACCES), [Fd.Cwd, path, X_OK, AT_EACCESS]);
        directories.Add(Opening("openat", name, SyscallNumbers.openat, OnError.Ignore, Fd.Cwd, path,
            (int)(OpenFlags.O_PATH | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC)));
        LaunchStep refused = Call("execve", name, SyscallNumbers.execve, OnError.Ignore, path, TextArray([name]),
            TextArray([]));
        StoreResult(refused, new LaunchMemory(access.Result, sizeof(long)));
        return access;
    }

    private ExecAttempt Search(
        string name, IReadOnlyList<string> candidates, Func<ExecAttempt, int, LaunchMemory, LaunchStep> addAttempt,
        StepArgument? failures = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(candidates.Count);
        var attempt = new ExecAttempt { Name = name, Candidates = candidates, Head = Reserve(HeadLength) };
        var paths = new LaunchMemory[candidates.Count];
        for (int i = 0; i < paths.Length; i++)
        {
            paths[i] = Text(candidates[i]);
            attempt.Steps.Add(addAttempt(attempt, i, paths[i]));
        }
        for (int i = 0; i < paths.Length; i++) Diagnose(attempt, i, paths[i], failures);
        StopWith(attempt.Steps[^1], failures);
        return attempt;
    }

    /// <summary>execveat(2) with AT_EMPTY_PATH: executes the file that the descriptor refers to.</summary>
    /// <param name="fd">The program; close-on-exec is fine for anything but a script.</param>
    /// <param name="name">What it is, for the error.</param>
    /// <param name="arguments">argv, with the name first.</param>
    /// <param name="environment"><c>NAME=value</c> each.</param>
    public LaunchStep ExecFd(
        StepArgument fd, string name, IReadOnlyList<string> arguments, IReadOnlyList<string> environment) =>
        Add(new StepInfo("execveat", name) { Ends = true }, SyscallNumbers.execveat, OnError.Fail,
            [fd, Text(""), TextArray(arguments), TextArray(environment), AT_EMPTY_PATH]);

    // Any error but "not there" jumps from the execve to here; "not there" arrives after the last candidate.
    private void Diagnose(ExecAttempt attempt, int index, LaunchMemory path, StepArgument? failures)
    {
        AfterOtherErrorContinueHere(attempt.Steps[index]);
        LaunchStep file = Opening("openat", attempt.Candidates[index], SyscallNumbers.openat,
            OnError.SkipNext(failures is null ? 2 : 3), Fd.Cwd, path,
            (int)(OpenFlags.O_RDONLY | OpenFlags.O_NONBLOCK | OpenFlags.O_CLOEXEC));
        attempt.Reads.Add(PRead(file, attempt.Head, OnError.Ignore));
        StopWith(attempt.Steps[index], failures);
    }

    private void StopWith(LaunchStep failed, StepArgument? failures)
    {
        if (failures is { } pipe)
            Call("write", "pipe for failures", SyscallNumbers.write, OnError.Ignore, pipe,
                new LaunchMemory(failed.Result, sizeof(long)), sizeof(long));
        StopAs(failed);
    }
}
