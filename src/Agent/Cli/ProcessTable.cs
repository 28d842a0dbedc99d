using System.Globalization;
using System.Text;
using Skiff.Interop;

namespace Skiff.Agent.Cli;

/// <summary>The columns of <c>ps -ef</c> from /proc (proc(5)), for hosts without a ps.</summary>
internal static class ProcessTable
{
    private const int TicksPerSecond = 100; // USER_HZ, which the kernel has promised not to change.

    private static readonly string[] s_titles = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"];

    /// <summary>The titles, and a row for each process that is still there.</summary>
    public static List<string[]> Read(IReadOnlyList<int> pids)
    {
        double upSeconds = Environment.TickCount64 / 1000.0;
        List<string[]> rows = [s_titles];
        foreach (int pid in pids)
            if (Row(pid, upSeconds) is { } row) rows.Add(row);
        return rows;
    }

    private static string[]? Row(int pid, double upSeconds)
    {
        if (Files.TryReadAllText(Fd.Cwd, $"/proc/{pid}/stat", out string stat) != Errno.None
            || Files.TryStatAt(Fd.Cwd, $"/proc/{pid}", AtFlags.None, out FileStatus owner) != Errno.None) return null;
        // The name, in parentheses, may have any characters; the state behind it is field 3.
        int end = stat.LastIndexOf(')');
        string[] fields = stat[(end + 2)..].Split(' ');
        long ticks = long.Parse(fields[11], CultureInfo.InvariantCulture)
            + long.Parse(fields[12], CultureInfo.InvariantCulture);
        double start = long.Parse(fields[19], CultureInfo.InvariantCulture) / (double)TicksPerSecond;
        double seconds = ticks / (double)TicksPerSecond, age = Math.Max(upSeconds - start, 1);
        DateTimeOffset began = DateTimeOffset.Now - TimeSpan.FromSeconds(age);
        return
        [
            owner.Uid.ToString(CultureInfo.InvariantCulture), pid.ToString(CultureInfo.InvariantCulture), fields[1],
            ((int)Math.Min(99, seconds * 100 / age)).ToString(CultureInfo.InvariantCulture),
            began.ToString(age < 86_400 ? "HH:mm" : "MMMdd", CultureInfo.InvariantCulture), Terminal(fields[4]),
            TimeSpan.FromSeconds((long)seconds).ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture),
            Command(pid, stat[(stat.IndexOf('(') + 1)..end]),
        ];
    }

    // Major number 136 and those that follow are pseudo-terminals.
    private static string Terminal(string number)
    {
        int device = int.Parse(number, CultureInfo.InvariantCulture);
        int major = (device >> 8) & 0xFFF, minor = (device & 0xFF) | ((device >> 12) & 0xFFF00);
        return major is >= 136 and <= 143 ? $"pts/{((major - 136) << 8) | minor}" : "?";
    }

    // What a process is called is its own choice: nothing of it may act upon a terminal.
    private static string Command(int pid, string name)
    {
        Errno errno = Files.TryReadAllBytes(Fd.Cwd, $"/proc/{pid}/cmdline", out byte[] bytes);
        if (errno != Errno.None || bytes.Length == 0) return $"[{name}]";
        var text = new StringBuilder(Encoding.UTF8.GetString(bytes).TrimEnd('\0').Replace('\0', ' '));
        for (int i = 0; i < text.Length; i++)
            if (char.IsControl(text[i])) text[i] = '?';
        return text.ToString();
    }
}
