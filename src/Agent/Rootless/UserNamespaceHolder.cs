using System.Globalization;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Rootless;

/// <summary>
/// The process that keeps the user's namespace: <c>DIRECTORY/userns</c> has its pid and its start time. The first verb
/// after a boot starts it.
/// </summary>
internal static class UserNamespaceHolder
{
    /// <summary>The namespace, with a holder started if there is none.</summary>
    /// <param name="directory">The user's volatile directory.</param>
    /// <param name="user">The user's id.</param>
    /// <param name="warn">Told what will not work.</param>
    public static Fd Find(string directory, uint user, Action<string> warn)
    {
        string path = $"{directory}/userns";
        if (TryOpenSpace(path) is { } space) return space;
        using FileLock turn = StateFile.Lock($"{path}.lock");
        if (TryOpenSpace(path) is { } another) return another;
        Start(path, user, warn);
        return TryOpenSpace(path) ?? throw new UsageException(
            "the user namespace cannot be entered: the process that keeps it has ended", 125);
    }

    /// <summary>Ends it: for when nothing is left that runs in the namespace.</summary>
    public static void End()
    {
        string path = $"{RootlessMode.Directory}/userns";
        using FileLock turn = StateFile.Lock($"{path}.lock");
        using PidFd? holder = TryOpen(path, out _);
        holder?.TrySendSignal(Signals.SIGKILL);
        Files.TryUnlinkAt(Fd.Cwd, path);
    }

    // Nobody enters by way of a process that is ending, so it is not the process that is handed on.
    private static Fd? TryOpenSpace(string path)
    {
        using PidFd? holder = TryOpen(path, out int pid);
        // While the holder is not reaped, the number is its own.
        if (holder is null || Files.TryOpenAt(Fd.Cwd, $"/proc/{pid}/ns/user", OpenFlags.O_RDONLY, 0, out Fd? space)
            != Errno.None) return null;
        if (holder.TrySendSignal(0) == Errno.None) return space;
        space!.Dispose();
        return null;
    }

    private static PidFd? TryOpen(string path, out int pid)
    {
        pid = 0;
        if (StateFile.TryRead(path) is not { } content) return null;
        PidFd? process = ProcessText.TryOpen(content, out pid);
        // One that has ended keeps its place until somebody asks how.
        if (process is null || (PidFd.TryReadStat(pid, out char state, out _) == Errno.None
            && state is not ('Z' or 'X'))) return process;
        process.Dispose();
        return null;
    }

    private static void Start(string path, uint user, Action<string> warn)
    {
        using LaunchedProcess holder = Launch(out Fd go);
        using (go)
        {
            Map(holder.Pid, user, warn);
            AtomicFile.Replace(path, ProcessText.Of(holder.Pid), durable: false);
            Files.WriteAll(go, "+"u8);
        }
    }

    private static LaunchedProcess Launch(out Fd go)
    {
        try
        {
            return HeldUserNamespace.Start(out go);
        }
        catch (LinuxException e)
        {
            throw new UsageException("skiff needs root, or user namespaces for everybody, which this host does not "
                + "allow: see the sysctls user.max_user_namespaces, kernel.unprivileged_userns_clone and "
                + $"kernel.apparmor_restrict_unprivileged_userns: {e.Message}", 125);
        }
    }

    private static void Map(int pid, uint user, Action<string> warn)
    {
        uint group = ProcessIds.EffectiveGroup;
        string name = Environment.UserName, paths = (Environment.GetEnvironmentVariable("PATH") ?? "")
            + ":/usr/bin:/bin:/usr/local/bin";
        List<IdRange> users = SubordinateIds.Read("/etc/subuid", name, user);
        List<IdRange> groups = SubordinateIds.Read("/etc/subgid", name, user);
        string? forUsers = HostProgram.Find("newuidmap", paths), forGroups = HostProgram.Find("newgidmap", paths);
        if (users.Count > 0 && groups.Count > 0 && forUsers is not null && forGroups is not null)
        {
            MapBy(forUsers, pid, SubordinateIds.Map(user, users));
            MapBy(forGroups, pid, SubordinateIds.Map(group, groups));
            return;
        }
        string missing = forUsers is null || forGroups is null ? "newuidmap and newgidmap (package uidmap)"
            : $"a line of {(name.Length > 0 ? name : user)} in /etc/subuid and /etc/subgid";
        warn($"WARNING: {missing} not found: containers have user and group 0 only; images with files of "
            + "others cannot be pulled, and -u, su and the like fail");
        // A map that a user writes without help holds the user alone, and wants that groups cannot be dropped.
        Files.WriteFile($"/proc/{pid}/setgroups", "deny");
        UserNamespace.Map(pid, new IdMap([new IdRange(0, user, 1)]), new IdMap([new IdRange(0, group, 1)]));
    }

    private static void MapBy(string program, int pid, IdMap map)
    {
        List<string> arguments = [pid.ToString(CultureInfo.InvariantCulture)];
        foreach (IdRange range in map.Ranges)
            arguments.AddRange([$"{range.Inside}", $"{range.Outside}", $"{range.Count}"]);
        var (status, _) = HostProgram.Run(program, arguments, default);
        if (status.ShellCode != 0) throw new UsageException($"{program} {string.Join(' ', arguments)} failed with exit "
            + $"code {status.ShellCode}: check that it is set-user-ID root, and the lines of /etc/subuid and "
            + "/etc/subgid", 125);
    }
}
