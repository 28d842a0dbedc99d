using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Events;

/// <summary>
/// The calling thread's signal mask, by rt_sigprocmask(2) itself (libc's form leaves out the signals that it uses). New
/// threads and executed programs inherit it.
/// <para>
/// The .NET runtime starts threads before Main and uses a real-time signal to suspend threads: block everything only
/// around a clone, and never run long managed code meanwhile. For a signalfd every thread must block the signal, or the
/// kernel gives it to one that does not: start the process with the signals already blocked (the mask survives execve),
/// or
/// use <see cref="SignalPipe"/>.
/// </para>
/// </summary>
public static unsafe class SignalMask
{
    private const int SIG_BLOCK = 0;
    private const int SIG_UNBLOCK = 1;
    private const int SIG_SETMASK = 2;

    /// <summary>The current mask.</summary>
    public static SignalSet Current => Change(SIG_BLOCK, SignalSet.Empty);

    /// <summary>Adds to the mask; returns the mask before.</summary>
    public static SignalSet Block(SignalSet signals) => Change(SIG_BLOCK, signals);

    /// <summary>Removes from the mask; returns the mask before.</summary>
    public static SignalSet Unblock(SignalSet signals) => Change(SIG_UNBLOCK, signals);

    /// <summary>Replaces the mask; returns the mask before.</summary>
    public static SignalSet Set(SignalSet signals) => Change(SIG_SETMASK, signals);

    private static SignalSet Change(int how, SignalSet signals)
    {
        ulong set = signals.Bits, old = 0;
        // SAFETY: both are locals of 8 bytes, the kernel's sigset_t, and live for the call.
        nint r = Native.syscall(SyscallNumbers.rt_sigprocmask, how, (nint)(&set), (nint)(&old), sizeof(ulong));
        Native.Check(r, "rt_sigprocmask");
        return new SignalSet(old);
    }
}
