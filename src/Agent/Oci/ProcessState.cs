using System.Globalization;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci;

/// <summary>What /proc tells of a process.</summary>
internal static class ProcessState
{
    /// <summary>Whether it is the one that started then, and has not ended; a zombie has.</summary>
    public static bool IsAlive(int pid, ulong startTime) =>
        PidFd.TryReadStartTime(pid, out ulong actual) == Errno.None && actual == startTime && !IsZombie(pid);

    /// <summary>The cgroup v2 path of a process, as this one sees it, without the mount point.</summary>
    public static string CgroupOf(string pid)
    {
        foreach (string line in Files.ReadAllText($"/proc/{pid}/cgroup").Split('\n'))
            if (line.StartsWith("0::", StringComparison.Ordinal)) return line[3..];
        return "/";
    }

    /// <summary>Writes one of its files, such as uid_map.</summary>
    public static void Write(int pid, string file, string text)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}");
        Errno errno = Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_WRONLY, 0, out Fd? fd);
        if (errno == Errno.None)
            using (fd) errno = Files.TryWrite(fd!, System.Text.Encoding.UTF8.GetBytes(text), out _);
        if (errno != Errno.None) throw new LinuxException(errno, "write", $"{path}, \"{text.TrimEnd('\n')}\"");
    }

    private static bool IsZombie(int pid)
    {
        if (Files.TryReadAllText(Fd.Cwd, $"/proc/{pid}/stat", out string stat) != Errno.None) return true;
        int at = stat.LastIndexOf(')');
        return at < 0 || at + 2 >= stat.Length || stat[at + 2] is 'Z' or 'X';
    }
}
