using System.Text;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary>
/// Standard output and error, written straight to their descriptors: System.Console sets up encodings, terminal state
/// and signal handlers first, which a short verb would pay for at every start.
/// </summary>
internal static class Output
{
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    /// <summary>Writes a line to standard output.</summary>
    public static void Line(string text) => Write(StandardOutput, text + "\n");

    /// <summary>Writes text as it is to standard output.</summary>
    public static void Text(string text) => Write(StandardOutput, text);

    /// <summary>Writes a line to standard error.</summary>
    public static void Error(string text) => Write(StandardError, text + "\n");

    /// <summary>Writes text as it is to standard error.</summary>
    public static void ErrorText(string text) => Write(StandardError, text);

    private static void Write(int number, string text)
    {
        using Fd fd = Fd.Borrow(number);
        try
        {
            Files.WriteAll(fd, Encoding.UTF8.GetBytes(text));
        }
        catch (LinuxException e) when (e.Errno == Errno.EPIPE)
        {
            // The reader has seen enough (skiff ps | head): no error, as with any program that SIGPIPE ends.
        }
    }
}
