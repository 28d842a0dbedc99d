using System.Text;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Processes;

/// <summary>
/// A user namespace that outlives the process that made it: a few bytes of machine code sleep in it, so that programs
/// can enter it later.
/// </summary>
public static unsafe class HeldUserNamespace
{
    private const int F_DUPFD = 0;

    /// <summary>
    /// Starts the process that keeps it, in a session of its own. It has no maps yet, which somebody writes; then a
    /// byte to <paramref name="go"/> says that all is done. When that is closed without, the process ends.
    /// </summary>
    public static LaunchedProcess Start(out Fd go)
    {
        (Fd read, go) = Files.Pipe();
        using (read)
        using (Fd program = ElfProgram.Create("skiff userns", ElfProgram.Build(UserNamespaceCode.Hold, [], [])))
        using (Fd nothing = Files.Open("/dev/null", OpenFlags.O_RDWR))
            return Spawn.Start(new SpawnRequest
            {
                Program = program,
                Path = "skiff userns",
                Arguments = ["skiff userns"],
                Descriptors = [read, nothing, nothing],
                NewSession = true,
                WorkingDirectory = "/",
                Namespaces = CloneFlags.CLONE_NEWUSER,
            });
    }

    /// <summary>
    /// Executes this program again, with the same arguments, inside the namespace and in a mount namespace of its own:
    /// a process of several threads cannot enter one itself. It stays the same process. Returns only by throwing.
    /// </summary>
    /// <param name="space">The namespace, which does not end with its holder while this is open.</param>
    /// <param name="environment"><c>NAME=value</c> each.</param>
    /// <exception cref="LinuxException">The kernel refuses programs in memory.</exception>
    public static void ExecuteInside(Fd space, IReadOnlyList<string> environment)
    {
        // By its path, so that it comes from a mount of the new namespace, of which a monitor can make a read-only one.
        if (!Files.TryReadLink("/proc/self/exe", out string self)) throw new LinuxException(Errno.ENOENT, "readlink",
            "/proc/self/exe", "the program's own file is needed to enter a user namespace");
        using Fd ns = Inherited(space);
        using Fd program = ElfProgram.Create("skiff", Entry(ns, self));
        using var memory = new LaunchProgram();
        LaunchMemory argv = memory.TextArray(Environment.GetCommandLineArgs()), envp = memory.TextArray(environment);
        byte empty = 0;
        // SAFETY: both arrays live in the program's memory; on success this process has become another program.
        Native.syscall(SyscallNumbers.execveat, program.Number, (nint)(&empty), argv.Address, envp.Address,
            ProcessConstants.AT_EMPTY_PATH);
        throw new LinuxException(Native.LastErrno, "execveat", program.ToString(), "entering the user namespace");
    }

    private static byte[] Entry(Fd ns, string self)
    {
        byte[] message = Encoding.UTF8.GetBytes("skiff: the user namespace cannot be entered: the kernel allows no "
            + "mount namespace (user.max_mnt_namespaces)\n");
        byte[] path = [.. Encoding.UTF8.GetBytes(self), 0];
        const int Numbers = 4;
        ulong texts = ElfProgram.Base
            + (ulong)(ElfProgram.CodeAt + UserNamespaceCode.Enter.Length + (Numbers * sizeof(ulong)));
        return ElfProgram.Build(UserNamespaceCode.Enter,
            [(ulong)ns.Number, texts + (ulong)message.Length, texts, (ulong)message.Length], [.. message, .. path]);
    }

    // A copy that is open across exec.
    private static Fd Inherited(Fd fd) => new((int)Native.Check(
        Native.syscall(SyscallNumbers.fcntl, fd.Number, F_DUPFD, 3), "fcntl(F_DUPFD)", fd.ToString()));
}
