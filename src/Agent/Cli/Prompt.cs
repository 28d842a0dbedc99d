using System.Runtime.InteropServices;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Terminals;

namespace Skiff.Agent.Cli;

/// <summary>Asks the user at the terminal for who they are.</summary>
internal static class Prompt
{
    private const int MaxLineBytes = 64 << 10;

    /// <summary>The user's name; an empty line stands for <paramref name="known"/>.</summary>
    public static string User(string? known)
    {
        using Fd input = Terminal();
        Output.Text(string.IsNullOrEmpty(known) ? "Username: " : $"Username ({known}): ");
        string line = ReadLine(input).Trim();
        return line.Length > 0 ? line
            : string.IsNullOrEmpty(known) ? throw new UsageException("Error: Non-null Username Required") : known;
    }

    /// <summary>The password, which the terminal does not show; it is as it was also after Ctrl-C.</summary>
    public static string Password()
    {
        using Fd input = Terminal();
        TerminalMode before = Termios.HideInput(input);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Termios.Restore(input, before));
        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Termios.Restore(input, before));
        try
        {
            Output.Text("Password: ");
            string line = ReadLine(input);
            return line.Length > 0 ? line : throw new UsageException("Error: Password Required");
        }
        finally
        {
            Termios.Restore(input, before);
        }
    }

    /// <summary>All of standard input, without the last line's end.</summary>
    public static string ReadAll()
    {
        using Fd input = Fd.Borrow(0);
        Errno errno = Files.TryReadToEnd(input, out byte[] bytes);
        if (errno != Errno.None) throw new LinuxException(errno, "read", "standard input");
        string text = Encoding.UTF8.GetString(bytes);
        if (text.EndsWith('\n')) text = text[..^1];
        return text.EndsWith('\r') ? text[..^1] : text;
    }

    private static Fd Terminal()
    {
        Fd input = Fd.Borrow(0);
        if (Termios.IsTerminal(input)) return input;
        input.Dispose();
        throw new UsageException("Error: Cannot perform an interactive login from a non TTY device");
    }

    private static string ReadLine(Fd input)
    {
        List<byte> line = [];
        Span<byte> one = stackalloc byte[1];
        while (line.Count < MaxLineBytes && Files.TryRead(input, one, out int count) == Errno.None && count > 0
            && one[0] != '\n')
            line.Add(one[0]);
        return Encoding.UTF8.GetString(CollectionsMarshal.AsSpan(line)).TrimEnd('\r');
    }
}
