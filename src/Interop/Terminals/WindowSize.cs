using System.Runtime.InteropServices;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Terminals;

/// <summary>Window size of a terminal, ioctl_tty(2).</summary>
public static unsafe class WindowSize
{
    private const int TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414;

    /// <summary>TIOCGWINSZ; false when the descriptor is no terminal.</summary>
    public static bool TryGet(Fd terminal, out ushort rows, out ushort columns)
    {
        ushort* size = stackalloc ushort[4]; // struct winsize: rows, columns, two unused.
        nint r = Native.syscall(SyscallNumbers.ioctl, terminal.Number, TIOCGWINSZ, (nint)size);
        (rows, columns) = r == -1 ? ((ushort)0, (ushort)0) : (size[0], size[1]);
        return r != -1;
    }

    /// <summary>TIOCSWINSZ: the foreground process group gets SIGWINCH when it changed.</summary>
    public static void Set(Fd terminal, ushort rows, ushort columns)
    {
        ushort* size = stackalloc ushort[4] { rows, columns, 0, 0 };
        Native.Check(Native.syscall(SyscallNumbers.ioctl, terminal.Number, TIOCSWINSZ, (nint)size),
            "ioctl(TIOCSWINSZ)");
    }
}
