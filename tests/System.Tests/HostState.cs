using System.Diagnostics;

namespace Skiff.System.Tests;

/// <summary>What an engine can leave on a machine, as sets of names that can be compared.</summary>
public sealed class HostState
{
    private readonly Dictionary<string, HashSet<string>> _things;

    private HostState(Dictionary<string, HashSet<string>> things) => _things = things;

    /// <summary>The cgroup v2 tree of this host.</summary>
    public static string CgroupRoot =>
        Directory.Exists("/sys/fs/cgroup/unified") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup";

    /// <summary>The state now. Image layers may stay mounted while their images exist, so they do not count.</summary>
    public static HostState Capture(SkiffHost host) => new(new()
    {
        ["mount"] = [.. MountsBelow(host.Root), .. MountsBelow(host.RunRoot).Where(path => !IsLayer(host, path))],
        ["cgroup"] = Folders(Path.Combine(CgroupRoot, "skiff")),
        ["link"] = Lines("ip -o link show type veth | cut -d: -f2"),
        // The engine's table, chains and the bridge stay, as other engines' do; what is in its maps must not.
        ["nft element"] = PortElements(),
        ["process"] = Processes(host),
        ["container file"] = Entries(Path.Combine(host.Root, "containers")),
        ["volatile container file"] = Entries(Path.Combine(host.RunRoot, "containers")),
        ["name"] = Entries(Path.Combine(host.Root, "containers/names")),
        ["ingest"] = Entries(Path.Combine(host.Root, "ingest")),
        ["lease"] = Lines($"find {host.RunRoot}/networks -type f 2>/dev/null | grep -vE '(/cursor|[./]lock)$'"),
    });

    /// <summary>
    /// What is there now and was not then, after giving the kernel a moment for what it tears down by itself (network
    /// namespaces and the links inside them).
    /// </summary>
    public List<string> LeftBehind(SkiffHost host)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var left = Difference(Capture(host));
            if (left.Count == 0 || clock.Elapsed.TotalSeconds > 30)
                return left;
            Thread.Sleep(100);
        }
    }

    /// <summary>Fails when something is there now that was not there then.</summary>
    public void AssertNothingLeft(SkiffHost host)
    {
        var left = LeftBehind(host);
        Assert.True(left.Count == 0, $"left behind:\n{string.Join('\n', left)}");
    }

    /// <summary>Everything of the engine that the kernel knows, also what containers share.</summary>
    public static List<string> OfEngine(SkiffHost host) =>
    [
        .. MountsBelow(host.RunRoot), .. MountsBelow(host.Root),
        .. Lines("ip -o link show | grep -oE ' (skiff[^:@]*|sk[0-9a-f]{12})[:@]'"),
        .. Lines("nft list tables | grep skiff"),
        // Engines with other roots have containers below the same parent.
        .. Lines($"cd {CgroupRoot}; find skiff -type d 2>/dev/null | grep -q '/[0-9a-f]' || ls -d skiff 2>/dev/null"),
    ];

    /// <summary>Mount points at or below a folder.</summary>
    public static IEnumerable<string> MountsBelow(string folder) => File.ReadLines("/proc/self/mountinfo")
        .Select(line => line.Split(' ')[4])
        .Where(path => path == folder || path.StartsWith(folder + "/", StringComparison.Ordinal));

    /// <summary>Unmounts what is left below a folder, so that a failed run leaves the machine clean.</summary>
    public static void Unmount(string folder, List<string> failures)
    {
        foreach (var path in MountsBelow(folder).Reverse().ToList())
        {
            if (!path.Contains("/run/layers/"))
                failures.Add($"still mounted: {path}");
            Command.Run("umount", "-l", path);
        }
    }

    /// <summary>Published ports in the rules of all engines of this network namespace.</summary>
    public static HashSet<string> PortElements() => Lines(
        "for t in $(nft list tables inet | grep -o 'skiff[^ ]*'); do for m in ports address_ports; do "
        + "nft list map inet $t $m; done; done | grep -E ' : [0-9]' | tr -d '\\t'");

    private static bool IsLayer(SkiffHost host, string path) =>
        path.StartsWith(Path.Combine(host.RunRoot, "layers"), StringComparison.Ordinal);

    private List<string> Difference(HostState now) => now._things
        .SelectMany(kind => kind.Value.Except(_things[kind.Key]).Select(name => $"{kind.Key}: {name}"))
        .ToList();

    // "monitor" is the leaf that monitors share; it may stay.
    private static HashSet<string> Folders(string path) => Directory.Exists(path)
        ? [.. Directory.GetDirectories(path).Where(folder => Path.GetFileName(folder) != "monitor")]
        : [];

    private static HashSet<string> Entries(string path) => Directory.Exists(path)
        ? [.. Directory.GetFileSystemEntries(path).Where(entry => Path.GetFileName(entry) != "names")]
        : [];

    private static HashSet<string> Lines(string script) =>
        [.. Command.Shell(script).Out.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    // Monitors and clients have the tests' root in their arguments or environment.
    private static HashSet<string> Processes(SkiffHost host)
    {
        var found = new HashSet<string>();
        foreach (var folder in Directory.GetDirectories("/proc").Where(path => char.IsAsciiDigit(path[6])))
        {
            try
            {
                var line = File.ReadAllText($"{folder}/cmdline").Replace('\0', ' ');
                var environment = File.ReadAllText($"{folder}/environ");
                if (line.Contains("skiff") && (line + environment).Contains(host.Root) && !IsRegistry(line))
                    found.Add($"{folder}: {line}");
            }
            catch (IOException)
            {
                // The process ended while we looked.
            }
            catch (UnauthorizedAccessException)
            {
                // A kernel thread or another user's namespace: none of ours.
            }
        }
        return found;
    }

    private static bool IsRegistry(string line) => line.Contains("docker-registry");
}
