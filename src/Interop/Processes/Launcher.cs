using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;
using static Skiff.Interop.Processes.ProcessConstants;

namespace Skiff.Interop.Processes;

/// <summary>
/// Runs launch programs: clone3(CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | ...) with the interpreter
/// as the child's only code. The calling thread is suspended until the child's exec or exit; other threads, and
/// collections, go on.
/// </summary>
public static unsafe class Launcher
{
    private const int SignalSetLength = 8;

    /// <summary>
    /// Launches <paramref name="program"/>, which can be launched once. Returns once the child has executed its program
    /// or exited by a step; throws <see cref="LaunchException"/> when a step failed (that child is reaped) or the clone
    /// itself did.
    /// </summary>
    public static LaunchedProcess Start(LaunchProgram program, LaunchOptions? options = null)
    {
        options ??= new LaunchOptions();
        if (program.Link is not null) throw new InvalidOperationException("a program with a link is for Fork");
        nint result = 0;
        int pidFd = -1;
        if (options is { PidNamespaceIsOneWay: true, PidNamespaceOf: { } below })
            PidNamespaceThread.Do(below, () => result = Clone(program, options, Flags(options), out pidFd));
        else result = Clone(program, options, Flags(options), out pidFd);
        return Conclude(program, options, result, pidFd);
    }

    /// <summary>
    /// As <see cref="Start"/>, but the child gets a copy of this process's memory and runs beside it, so that it can
    /// wait for its parent, and outlive it. The program needs a <see cref="LaunchLink"/>, and begins by asking for its
    /// parent's end to be its own. A copy costs more the more memory this process has written to.
    /// </summary>
    public static ForkedProcess Fork(LaunchProgram program, LaunchOptions? options = null)
    {
        options ??= new LaunchOptions();
        if (program.Link is not { } link) throw new InvalidOperationException("a program to fork needs a link");
        if (options.ShareFiles) throw new ArgumentException("a forked child has its own descriptors", nameof(options));
        nint result = Clone(program, options, Flags(options) & ~(CLONE_VM | CLONE_VFORK), out int pidFd);
        link.CloseChildsEnds();
        if (result < 0) throw LaunchException.OfClone((Errno)(-result), options, program.Subject);
        return new ForkedProcess(program, (int)result, new PidFd(new Fd(pidFd)));
    }

    private static nint Clone(LaunchProgram program, LaunchOptions options, ulong flags, out int childPidFd)
    {
        int pidFd = -1, pid = 0;
        clone_args arguments = new()
        {
            flags = flags,
            pidfd = &pidFd,
            parent_tid = (ulong)&pid,
            exit_signal = Signals.SIGCHLD,
            cgroup = (ulong)(options.Cgroup?.Number ?? 0),
        };
        LaunchHeader* header = program.Seal(options.ShareFiles, out void* stack, out int stackLength);
        arguments.stack = stack;
        arguments.stack_size = (ulong)stackLength;
        nint result;
        options.Meeting?.Begin(&pid);
        using (options.ProtectMemory ? new DumpableGuard() : null)
        using (options is { PidNamespaceIsOneWay: false, PidNamespaceOf: { } pidNamespace }
            ? new PidNamespaceScope(pidNamespace) : null)
            result = CloneWithSignalsBlocked(&arguments, header);
        options.Meeting?.End();
        GC.KeepAlive(options);
        childPidFd = pidFd;
        return result;
    }

    private static LaunchedProcess Conclude(LaunchProgram program, LaunchOptions options, nint result, int pidFd)
    {
        if (result < 0)
        {
            program.CloseLeftovers();
            throw LaunchException.OfClone((Errno)(-result), options, program.Subject);
        }
        var process = new LaunchedProcess((int)result, new PidFd(new Fd(pidFd)));
        program.CloseUnkept();
        if (program.Succeeded) return process;
        using (process)
        {
            ExitStatus status = process.PidFd.Wait();
            program.CloseLeftovers();
            options.Meeting?.ThrowIfFailed();
            throw LaunchException.Of(program, status);
        }
    }

    private static ulong Flags(LaunchOptions options) =>
        CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_PARENT_SETTID | CLONE_CLEAR_SIGHAND | (ulong)options.Namespaces
        | (options.ShareFiles ? CLONE_FILES : 0) | (options.Cgroup is null ? 0 : CLONE_INTO_CGROUP);

    // No handler of the runtime may run in the child, and none in the parent may see the half-done state.
    private static nint CloneWithSignalsBlocked(clone_args* arguments, LaunchHeader* header)
    {
        var entry = LaunchCode.Entry;
        ulong all = ulong.MaxValue, previous = 0;
        // SAFETY: both masks are 64-bit kernel signal sets on this stack; the raw call also blocks the signals that
        // libc keeps.
        nint r = Native.syscall(SyscallNumbers.rt_sigprocmask, SIG_SETMASK, (nint)(&all), (nint)(&previous),
            SignalSetLength);
        Native.Check(r, "rt_sigprocmask");
        // SAFETY: header, steps and stack are native memory of a program that the caller holds; arguments are on this
        // stack, which stays put since the call suspends this thread until the child has left the shared memory.
        nint result = entry(arguments, (nuint)sizeof(clone_args), header);
        r = Native.syscall(SyscallNumbers.rt_sigprocmask, SIG_SETMASK, (nint)(&previous), 0, SignalSetLength);
        Native.Check(r, "rt_sigprocmask");
        return result;
    }
}
