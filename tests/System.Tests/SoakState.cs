using System.Text;

namespace Skiff.System.Tests;

/// <summary>What a long run may leave of its roots' containers.</summary>
public sealed class SoakState
{
    private readonly Dictionary<string, HashSet<string>> _things;

    /// <summary>Looks now.</summary>
    public SoakState(OwnRoots roots) => _things = new()
    {
        ["mounts"] = [.. HostState.MountsBelow(roots.Folder)],
        // With a group its processes are gone, and with them the namespaces; a namespace that something else keeps has
        // one end of a link, a mount or a descriptor of a process here.
        ["control groups"] = Lines($"cd {HostState.CgroupRoot}; find . -type d"),
        ["links"] = Lines("ip -o link show type veth | cut -d: -f2 | grep -v host"),
        ["nft elements"] = [.. HostState.PortElements()],
        ["processes"] = [.. Processes(roots).Select(process => $"{process.Pid} {process.Line}")],
        ["locks"] = LocksBelow(roots.Folder),
        ["files"] = Lines($"cd {roots.Folder}; find run root/containers root/volumes root/ingest ! -name 'events*'"),
    };

    /// <summary>The processes of the engine that were started with these roots.</summary>
    public static IEnumerable<(int Pid, string Line)> Processes(OwnRoots roots)
    {
        foreach (string folder in Directory.GetDirectories("/proc").Where(path => char.IsAsciiDigit(path[6])))
            if (LineOf(folder) is { } line && line.Contains($"{roots.Folder}/run ", StringComparison.Ordinal))
                yield return (int.Parse(Path.GetFileName(folder)), line);
    }

    /// <summary>
    /// The monitors among them, without what one has forked: that looks the same until it executes its program.
    /// </summary>
    public static List<int> Monitors(OwnRoots roots)
    {
        List<int> found = [.. Processes(roots)
            .Where(process => process.Line.EndsWith(" monitor", StringComparison.Ordinal))
            .Select(process => process.Pid)];
        return [.. found.Where(pid => !found.Contains(ParentOf(pid)))];
    }

    /// <summary>The descriptors of a process, by what they are.</summary>
    public static List<string> Descriptors(int pid) =>
        [.. Lines($"cd /proc/{pid}/fd && for fd in *; do echo $fd $(readlink $fd); done")];

    /// <summary>What is there now and was not then.</summary>
    public List<string> LeftSince(SoakState before) => [.. _things.SelectMany(kind => kind.Value
        .Except(before._things[kind.Key]).Select(thing => $"{kind.Key}: {thing}"))];

    private static int ParentOf(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return 0; // It has ended.
        }
    }

    private static string? LineOf(string folder)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"{folder}/cmdline")).Replace('\0', ' ').TrimEnd();
        }
        catch (IOException)
        {
            return null; // It ended while we looked.
        }
    }

    private static HashSet<string> Lines(string script) =>
        [.. Command.Shell(script).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    // /proc/locks names files by their inode alone, and numbers its lines.
    private static HashSet<string> LocksBelow(string folder)
    {
        HashSet<string> inodes = Lines($"find {folder} -name '*lock' -printf '%i\\n'");
        return [.. File.ReadLines("/proc/locks").Where(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            is [_, "FLOCK", .., var where, _, _] && inodes.Contains(where.Split(':')[^1]))
            .Select(line => line[(line.IndexOf(':') + 1)..])];
    }
}
