namespace Skiff.Interop.Processes;

/// <summary>User namespaces: made for mounts that map ids, and the maps of a child's own one.</summary>
public static class UserNamespace
{
    /// <summary>A namespace that no process is in; it exists as long as its descriptor.</summary>
    public static Fd Create(IdMap users, IdMap groups)
    {
        using var program = new LaunchProgram { Subject = "new user namespace" };
        LaunchStep fd = program.Keep(program.OpenAt(Fd.Cwd, "/proc/self/ns/user", OpenFlags.O_RDONLY));
        program.Exit();
        using LaunchedProcess child = Launcher.Start(
            program, new LaunchOptions { Namespaces = CloneFlags.CLONE_NEWUSER, ShareFiles = true });
        try
        {
            // It has ended and is not reaped: its files in /proc are still there.
            Map(child.Pid, users, groups);
        }
        finally
        {
            child.PidFd.Wait();
        }
        return program.TakeFd(fd);
    }

    /// <summary>Writes the maps of a child that was cloned with CLONE_NEWUSER; once.</summary>
    /// <param name="pid">The child.</param>
    /// <param name="users">User ids.</param>
    /// <param name="groups">Group ids.</param>
    public static void Map(int pid, IdMap users, IdMap groups)
    {
        Write($"/proc/{pid}/uid_map", users);
        Write($"/proc/{pid}/gid_map", groups);
    }

    private static void Write(string path, IdMap map)
    {
        Errno errno = Files.TryWriteFile(Fd.Cwd, path, map.ToBytes());
        if (errno != Errno.None) throw new LinuxException(errno, "write", $"{path}: {map}");
    }
}
