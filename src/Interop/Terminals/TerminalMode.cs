namespace Skiff.Interop.Terminals;

/// <summary>A saved struct termios, to be restored.</summary>
public sealed class TerminalMode
{
    internal TerminalMode(byte[] termios) => Termios = termios;

    /// <summary>The kernel's struct termios, 36 bytes used.</summary>
    internal byte[] Termios { get; }
}
