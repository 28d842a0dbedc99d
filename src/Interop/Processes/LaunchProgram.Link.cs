using System.Runtime.InteropServices;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;
using Tmds.Linux;
using static Skiff.Interop.Processes.ProcessConstants;

namespace Skiff.Interop.Processes;

// The child of a fork: memory that both share, and steps that wait for the parent.
public sealed unsafe partial class LaunchProgram
{
    private readonly LaunchLink? _link;

    /// <summary>The pipes to a forked child; null in a program for <see cref="Launcher.Start"/>.</summary>
    internal LaunchLink? Link => _link;

    /// <summary>
    /// write(2) of a byte to the parent: the child has come to this point. Where the parent is gone the program ends
    /// here (EPIPE), so nobody's child goes on by itself.
    /// </summary>
    public LaunchStep Report() =>
        Call("write", "pipe to the launching process", SyscallNumbers.write, RequireLink().ReportsWrite, Reserve(1), 1);

    /// <summary>read(2): waits for <see cref="ForkedProcess.Continue"/>, or for the parent's end.</summary>
    public LaunchStep AwaitAnswer() => WaitForByte(RequireLink().AnswersRead);

    /// <summary>
    /// SIGKILL when the thread that launched this child ends. A change of ids takes the setting away; then it is made
    /// again.
    /// </summary>
    public LaunchStep DieWithParent() => Prctl(PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG", Signals.SIGKILL);

    /// <summary>Takes <see cref="DieWithParent"/> back.</summary>
    public LaunchStep OutliveParent() => Prctl(PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG");

    /// <summary>close(2) of the child's copy of a descriptor.</summary>
    public LaunchStep CloseInherited(Fd fd) =>
        Add(new StepInfo("close", null) { NeedsOwnFiles = true }, SyscallNumbers.close, OnError.Fail, [fd]);

    /// <summary>close_range(2) of the child's copies, both ends included.</summary>
    public LaunchStep CloseBetween(uint first, uint last) =>
        Add(new StepInfo($"close_range({first}, {last})", null) { NeedsOwnFiles = true }, SyscallNumbers.close_range,
            OnError.Fail, [first, last, 0]);

    private LaunchLink RequireLink() =>
        _link ?? throw new InvalidOperationException("the launch program has no link to its parent");

    // The child's copies of the parent's ends would keep both pipes alive after the parent's end.
    private void AddBeginning(LaunchLink link)
    {
        DieWithParent();
        CloseInherited(link.ReportsRead);
        CloseInherited(link.AnswersWrite);
    }

    private nint Allocate(nint length)
    {
        nint address = _link is null ? (nint)NativeMemory.AllocZeroed((nuint)length) : MapShared(length);
        _chunks.Add((address, length));
        return address;
    }

    private void Free(nint address, nint length)
    {
        // SAFETY: exactly what Allocate gave, once.
        if (_link is null) NativeMemory.Free((void*)address);
        else _ = LibC.munmap((void*)address, (int)length);
    }

    private static nint MapShared(nint length)
    {
        // SAFETY: a fresh mapping, zeroed by the kernel.
        void* memory = LibC.mmap(null, (int)length, LibC.PROT_READ | LibC.PROT_WRITE,
            LibC.MAP_SHARED | LibC.MAP_ANONYMOUS, -1, 0);
        return memory == LibC.MAP_FAILED ? throw new LinuxException(Native.LastErrno, "mmap(MAP_SHARED)")
            : (nint)memory;
    }
}
