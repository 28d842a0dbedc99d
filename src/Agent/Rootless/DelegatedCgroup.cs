using System.Text;
using Skiff.Agent.Networks;
using Skiff.Interop;
using Skiff.Interop.Cgroups;

namespace Skiff.Agent.Rootless;

/// <summary>
/// The part of the cgroup tree that the host has given to the user (cgroups(7), "Delegation"): the highest directory
/// above a process's own that belongs to the user. Only processes that are in it can put others there; everybody
/// inside the namespace finds the cgroups of containers by <c>DIRECTORY/cgroup</c>.
/// </summary>
internal static class DelegatedCgroup
{
    private static string Note => $"{RootlessMode.Directory}/cgroup";

    /// <summary>Where this process can make cgroups; null when nothing is delegated to it.</summary>
    public static CgroupHierarchy? Own()
    {
        if (CgroupHierarchy.TryDetect("/sys/fs/cgroup", out _) is not { } tree) return null;
        string? found = null;
        for (string? path = tree.Root + OwnPath(); path is not null && path.Length >= tree.Root.Length && IsOwn(path);
            path = Path.GetDirectoryName(path)) found = path;
        if (found is null) return null;
        byte[] note = Encoding.UTF8.GetBytes(found);
        if (StateFile.TryRead(Note) is not { } old || !old.AsSpan().SequenceEqual(note))
            AtomicFile.Replace(Note, note, durable: false);
        return tree.Below(found);
    }

    /// <summary>Where cgroups were made, by whomever; null when there can be none.</summary>
    public static string? Known() => StateFile.TryRead(Note) is { } path ? Encoding.UTF8.GetString(path) : null;

    // "0::/user.slice/..." is the line of the v2 tree; "/../" leads out of what a cgroup namespace shows.
    private static string OwnPath()
    {
        foreach (string line in Files.ReadAllText("/proc/self/cgroup").Split('\n'))
            if (line.StartsWith("0::/", StringComparison.Ordinal) && !line.Contains("/../", StringComparison.Ordinal))
                return line["0::".Length..].TrimEnd('/');
        return "";
    }

    // The user is root inside the namespace, the host's root nobody.
    private static bool IsOwn(string path) => IsOwnFile(path) && IsOwnFile($"{path}/cgroup.procs");

    private static bool IsOwnFile(string path) =>
        Files.TryStatAt(Fd.Cwd, path, AtFlags.None, out FileStatus status) == Errno.None && status.Uid == 0;
}
