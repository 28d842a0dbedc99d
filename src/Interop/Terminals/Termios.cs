using System.Runtime.InteropServices;
using Skiff.Interop.Libc;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Terminals;

/// <summary>Terminal modes, termios(3), by the kernel's own ioctls.</summary>
public static unsafe class Termios
{
    private const int TCGETS = 0x5401, TCSETS = 0x5402;

    // asm-generic/termbits.h: the same on both architectures.
    private const uint IGNBRK = 1, BRKINT = 2, PARMRK = 8, ISTRIP = 0x20, INLCR = 0x40, IGNCR = 0x80, ICRNL = 0x100,
        IXON = 0x400;
    private const uint OPOST = 1, ECHO = 8, ECHONL = 0x40, ICANON = 2, ISIG = 1, IEXTEN = 0x8000, CSIZE = 0x30,
        PARENB = 0x100, CS8 = 0x30;
    private const int VTIME = 5, VMIN = 6, FlagsBytes = 16, LineBytes = 1, StructBytes = 64;

    /// <summary>Whether the descriptor is a terminal.</summary>
    public static bool IsTerminal(Fd fd) => TryGet(fd, new byte[StructBytes]);

    /// <summary>Puts a terminal into raw mode as cfmakeraw(3) does and returns what it was.</summary>
    public static TerminalMode MakeRaw(Fd terminal)
    {
        byte[] saved = new byte[StructBytes];
        if (!TryGet(terminal, saved)) throw new LinuxException(Native.LastErrno, "ioctl(TCGETS)", terminal.ToString());
        byte[] raw = (byte[])saved.Clone();
        Span<uint> flags = MemoryMarshal.Cast<byte, uint>(raw.AsSpan(0, FlagsBytes)); // iflag, oflag, cflag, lflag
        flags[0] &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        flags[1] &= ~OPOST;
        flags[2] = (flags[2] & ~(CSIZE | PARENB)) | CS8;
        flags[3] &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
        raw[FlagsBytes + LineBytes + VMIN] = 1;
        raw[FlagsBytes + LineBytes + VTIME] = 0;
        Set(terminal, raw);
        return new TerminalMode(saved);
    }

    /// <summary>Stops a terminal from showing what is typed, but for ends of lines, and returns what it was.</summary>
    public static TerminalMode HideInput(Fd terminal)
    {
        byte[] saved = new byte[StructBytes];
        if (!TryGet(terminal, saved)) throw new LinuxException(Native.LastErrno, "ioctl(TCGETS)", terminal.ToString());
        byte[] hidden = (byte[])saved.Clone();
        Span<uint> flags = MemoryMarshal.Cast<byte, uint>(hidden.AsSpan(0, FlagsBytes));
        flags[3] = (flags[3] & ~ECHO) | ECHONL | ICANON;
        Set(terminal, hidden);
        return new TerminalMode(saved);
    }

    /// <summary>Takes back <see cref="MakeRaw"/> or <see cref="HideInput"/>.</summary>
    public static void Restore(Fd terminal, TerminalMode mode) => Set(terminal, mode.Termios);

    private static bool TryGet(Fd fd, byte[] termios)
    {
        fixed (byte* t = termios) // SAFETY: 64 bytes, more than the kernel's struct termios of 36.
            return Native.syscall(SyscallNumbers.ioctl, fd.Number, TCGETS, (nint)t) != -1;
    }

    private static void Set(Fd fd, byte[] termios)
    {
        fixed (byte* t = termios) // SAFETY: as above.
            Native.Check(Native.syscall(SyscallNumbers.ioctl, fd.Number, TCSETS, (nint)t), "ioctl(TCSETS)");
    }
}
