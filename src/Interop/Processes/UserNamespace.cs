namespace Skiff.Interop.Processes;

/// <summary>User namespaces that exist for their mapping of ids alone, with no process in them.</summary>
public static class UserNamespace
{
    /// <summary>
    /// A new one, by descriptor: a child makes it, waits until its maps are written, and is gone.
    /// </summary>
    /// <param name="uidMap">What goes into /proc/PID/uid_map.</param>
    /// <param name="gidMap">What goes into /proc/PID/gid_map.</param>
    public static Fd Create(string uidMap, string gidMap)
    {
        using var link = new LaunchLink();
        using var program = new LaunchProgram(link) { Subject = "new user namespace" };
        program.Report();
        program.AwaitAnswer();
        program.Exit();
        using ForkedProcess child = Launcher.Fork(
            program, new LaunchOptions { Namespaces = CloneFlags.CLONE_NEWUSER });
        try
        {
            child.AwaitReport();
            WriteMap(child.Pid, "uid_map", uidMap);
            WriteMap(child.Pid, "gid_map", gidMap);
            return Files.Open($"/proc/{child.Pid}/ns/user", OpenFlags.O_RDONLY);
        }
        finally
        {
            child.Kill();
        }
    }

    /// <summary>Writes a map of a process that is new in its user namespace; possible once.</summary>
    public static void WriteMap(int pid, string file, string text)
    {
        string path = $"/proc/{pid}/{file}";
        Errno errno = Files.TryOpenAt(Fd.Cwd, path, OpenFlags.O_WRONLY, 0, out Fd? fd);
        if (errno == Errno.None)
            using (fd) errno = Files.TryWrite(fd!, System.Text.Encoding.ASCII.GetBytes(text), out _);
        if (errno != Errno.None) throw new LinuxException(errno, "write", $"{path}, \"{text.TrimEnd('\n')}\"");
    }
}
