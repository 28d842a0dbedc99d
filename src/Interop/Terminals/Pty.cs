using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Terminals;

/// <summary>Both sides of a pseudo-terminal, pty(7).</summary>
/// <param name="Master">The engine's side.</param>
/// <param name="Slave">The terminal.</param>
public sealed record Pty(Fd Master, Fd Slave)
{
    private const int TIOCSPTLCK = 0x40045431, TIOCGPTPEER = 0x5441, O_NOCTTY = 0x100;

    /// <summary>
    /// Unlocks the pair behind an open <c>ptmx</c>, of which it takes ownership, and opens the other side by
    /// TIOCGPTPEER
    /// (Linux 4.13), which needs no path and so works for a devpts that is mounted nowhere.
    /// </summary>
    public static unsafe Pty Open(Fd ptmx)
    {
        int unlock = 0;
        Native.Check(Native.syscall(SyscallNumbers.ioctl, ptmx.Number, TIOCSPTLCK, (nint)(&unlock)),
            "ioctl(TIOCSPTLCK)");
        nint slave =
            Native.syscall(SyscallNumbers.ioctl, ptmx.Number, TIOCGPTPEER,
                (nint)OpenFlags.O_RDWR | O_NOCTTY | (nint)OpenFlags.O_CLOEXEC);
        return new Pty(ptmx, new Fd((int)Native.Check(slave, "ioctl(TIOCGPTPEER)")));
    }
}
