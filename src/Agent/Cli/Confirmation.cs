using System.Text;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary>Docker's question before something is removed for good.</summary>
internal static class Confirmation
{
    /// <summary>Asks on standard output and reads a line from standard input; only y and yes are a yes.</summary>
    public static bool Ask(string warning)
    {
        Output.Text($"{warning}\nAre you sure you want to continue? [y/N] ");
        using Fd input = Fd.Borrow(0);
        Span<byte> line = stackalloc byte[256];
        int length = 0;
        while (length < line.Length && Files.TryRead(input, line.Slice(length, 1), out int count) == Errno.None
            && count > 0 && line[length] != '\n')
            length++;
        return Encoding.UTF8.GetString(line[..length]).Trim().ToLowerInvariant() is "y" or "yes";
    }
}
