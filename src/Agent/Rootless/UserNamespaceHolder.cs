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
    /// <summary>The holder, started if there is none.</summary>
    /// <param name="directory">The user's volatile directory.</param>
    /// <param name="user">The user's id.</param>
    /// <param name="warn">Told what will not work.</param>
    public static PidFd Find(string directory, uint user, Action<string> warn)
    {
        string path = $"{directory}/userns";
        if (TryOpen(path) is { } running) return running;
        using FileLock turn = StateFile.Lock($"{path}.lock");
        return TryOpen(path) ?? Start(path, user, warn);
    }

    /// <summary>Ends it: for when nothing is left that runs in the namespace.</summary>
    public static void End()
    {
        string path = $"{RootlessMode.Directory}/userns";
        using FileLock turn = StateFile.Lock($"{path}.lock");
        using PidFd? holder = TryOpen(path);
        holder?.TrySendSignal(Signals.SIGKILL);
        Files.TryUnlinkAt(Fd.Cwd, path);
    }

    private static PidFd? TryOpen(string path)
    {
        if (StateFile.TryRead(path) is not { } content) return null;
        PidFd? process = ProcessText.TryOpen(content, out int pid);
        // One that has ended keeps its place until somebody asks how, and nobody can go where it was.
        if (process is null || (PidFd.TryReadStat(pid, out char state, out _) == Errno.None && state != 'Z'))
            return process;
        process.Dispose();
        return null;
    }

    private static PidFd Start(string path, uint user, Action<string> warn)
    {
        using LaunchedProcess holder = Launch(out Fd go);
        using (go)
        {
            Map(holder.Pid, user, warn);
            AtomicFile.Replace(path, ProcessText.Of(holder.Pid), durable: false);
            Files.WriteAll(go, "+"u8);
        }
        return PidFd.Open(holder.Pid);
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
