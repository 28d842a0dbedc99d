using System.Globalization;

namespace Skiff.System.Tests;

/// <summary>What a long run may leave of its roots' containers, as counts with the things themselves.</summary>
public sealed class SoakState
{
    private readonly Dictionary<string, List<string>> _things;

    /// <summary>Looks now.</summary>
    public SoakState(OwnRoots roots) => _things = new()
    {
        ["mounts"] = [.. HostState.MountsBelow(roots.Folder).Where(path => !path.Contains("/run/layers/"))],
        ["control groups"] = [.. Directory.GetDirectories(Directory.CreateDirectory(
            Path.Combine(HostState.CgroupRoot, "skiff")).FullName).Where(d => Path.GetFileName(d) != "monitor")],
        ["links"] = Lines("ip -o link show type veth | cut -d: -f2 | grep -v host"),
        ["processes"] = Lines($"grep -alF '{roots.Folder}' /proc/[0-9]*/cmdline 2>/dev/null | grep -v $$"),
        ["locks"] = LocksBelow(roots.Folder),
        ["container directories"] = Entries(Path.Combine(roots.Folder, "root", "containers")),
        ["names"] = Entries(Path.Combine(roots.Folder, "root", "containers", "names")),
        ["volatile directories"] = Entries(Path.Combine(roots.Folder, "run", "containers")),
        ["volumes"] = Entries(Path.Combine(roots.Folder, "root", "volumes")),
        ["endpoints"] = Entries(Path.Combine(roots.Folder, "run", "networks", "endpoints")),
    };

    /// <summary>Proportional memory of a process.</summary>
    public static double PssMiB(int pid) => File.ReadLines($"/proc/{pid}/smaps_rollup")
        .Where(line => line.StartsWith("Pss:", StringComparison.Ordinal))
        .Select(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) / 1024).First();

    /// <summary>Fails when <paramref name="later"/> has more than this, after a moment for the kernel.</summary>
    public void AssertSame(SoakState later)
    {
        foreach (var (kind, things) in _things)
            Assert.True(later._things[kind].Except(things).ToList() is { Count: 0 },
                $"left {kind}: {string.Join(", ", later._things[kind].Except(things).Take(5))}");
    }

    private static List<string> Entries(string path) => Directory.Exists(path)
        ? [.. Directory.GetFileSystemEntries(path).Where(entry => Path.GetFileName(entry) is not ("names" or "lock"))]
        : [];

    private static List<string> Lines(string script) =>
        [.. Command.Shell(script).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    // /proc/locks names files by their inode alone.
    private static List<string> LocksBelow(string folder)
    {
        var inodes = Lines($"find {folder} -name '*lock' -printf '%i\\n'").ToHashSet();
        return [.. File.ReadLines("/proc/locks").Where(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            is [_, "FLOCK", .., var where, _, _] && inodes.Contains(where.Split(':')[^1]))];
    }
}
