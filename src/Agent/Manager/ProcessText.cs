using System.Globalization;
using System.Text;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Manager;

/// <summary>A process as state files name it, <c>PID START</c>: no later one with its number is taken for it.</summary>
internal static class ProcessText
{
    /// <summary>What names a process that runs.</summary>
    public static byte[] Of(int pid)
    {
        PidFd.TryReadStartTime(pid, out ulong start);
        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid} {start}"));
    }

    /// <summary>The process; null when it has gone, or the text names none.</summary>
    /// <param name="text">Of the file.</param>
    /// <param name="pid">Its number.</param>
    public static PidFd? TryOpen(ReadOnlySpan<byte> text, out int pid)
    {
        string[] words = Encoding.ASCII.GetString(text).TrimEnd('\n').Split(' ');
        pid = 0;
        return words.Length == 2 && int.TryParse(words[0], CultureInfo.InvariantCulture, out pid)
            && ulong.TryParse(words[1], CultureInfo.InvariantCulture, out ulong start)
            && PidFd.TryOpen(pid, start, out PidFd? process) == Errno.None ? process : null;
    }
}
