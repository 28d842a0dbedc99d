using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>
/// The host's sysctls that a network needs; what is set already is not written. RUNROOT/sysctls remembers what was, a
/// line each: name, value before, value now. A reboot forgets both.
/// </summary>
internal static class Forwarding
{
    private const string Prefix = "/proc/sys/";
    private const string Ipv6 = "/proc/sys/net/ipv6/conf";

    /// <summary>Has the host forward what comes from a bridge.</summary>
    public static void Enable(StateRoots roots, string bridge, bool ipv6)
    {
        Write("/proc/sys/net/ipv4/ip_forward", '1', roots);
        // Of an interface that is the engine's own.
        Write($"/proc/sys/net/ipv4/conf/{bridge}/route_localnet", '1', null);
        if (!ipv6 || StateFile.TryRead($"{Ipv6}/all/forwarding") is [(byte)'1', ..]) return;
        KeepAdvertisements(roots);
        Write($"{Ipv6}/all/forwarding", '1', roots);
    }

    /// <summary>The host's sysctls that the engine has changed since the boot: each with its value before and now.
    /// </summary>
    public static List<SysctlChange> Changes(StateRoots roots)
    {
        var changes = new List<SysctlChange>();
        if (StateFile.TryRead(PathOf(roots)) is not { } content) return changes;
        foreach (string line in Encoding.ASCII.GetString(content).Split('\n'))
            if (line.Split(' ') is [var name, var before, var now] && !changes.Exists(change => change.Name == name))
                changes.Add(new SysctlChange(name, before, now));
        return changes;
    }

    // An interface that forwards no longer takes its address and default route from router advertisements unless it is
    // told to all the same (ip-sysctl: accept_ra): the host would lose its own way out.
    private static void KeepAdvertisements(StateRoots roots)
    {
        foreach (string name in StateFile.Names(Ipv6))
            if (name is not ("all" or "default") && StateFile.TryRead($"{Ipv6}/{name}/accept_ra") is [(byte)'1', ..])
                Write($"{Ipv6}/{name}/accept_ra", '2', roots);
    }

    /// <summary>Sets a sysctl of one digit, unless it is so already; remembered when there are roots.</summary>
    public static void Write(string path, char value, StateRoots? roots = null)
    {
        byte[]? current = StateFile.TryRead(path);
        if (current is { Length: > 0 } && current[0] == value) return;
        using (Fd fd = Files.Open(path, OpenFlags.O_WRONLY)) Files.WriteAll(fd, [(byte)value]);
        if (roots is not null) Remember(roots, path, current, value);
    }

    private static void Remember(StateRoots roots, string path, byte[]? before, char value)
    {
        // As sysctl(8) writes names: a dot in that of an interface becomes a slash.
        string name = path[Prefix.Length..].Replace('.', '\n').Replace('/', '.').Replace('\n', '/');
        string line = $"{name} {Encoding.ASCII.GetString(before ?? []).Trim()} {value}\n";
        Files.MakeDirectories(roots.RunRoot);
        using Fd fd = Files.Open(
            PathOf(roots), OpenFlags.O_WRONLY | OpenFlags.O_APPEND | OpenFlags.O_CREAT, 0x1A4);
        Files.WriteAll(fd, Encoding.ASCII.GetBytes(line));
    }

    private static string PathOf(StateRoots roots) => roots.RunRoot + "/sysctls";
}
