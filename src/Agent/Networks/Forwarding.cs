using Skiff.Interop;

namespace Skiff.Agent.Networks;

/// <summary>The host's sysctls that a network needs; what is set already is not written.</summary>
internal static class Forwarding
{
    private const string Ipv6 = "/proc/sys/net/ipv6/conf";

    /// <summary>Has the host forward what comes from a bridge.</summary>
    public static void Enable(string bridge, bool ipv6)
    {
        Write("/proc/sys/net/ipv4/ip_forward", '1');
        Write($"/proc/sys/net/ipv4/conf/{bridge}/route_localnet", '1');
        if (!ipv6 || StateFile.TryRead($"{Ipv6}/all/forwarding") is [(byte)'1', ..]) return;
        KeepAdvertisements();
        Write($"{Ipv6}/all/forwarding", '1');
    }

    // An interface that forwards no longer takes its address and default route from router advertisements unless it is
    // told to all the same (ip-sysctl: accept_ra): the host would lose its own way out.
    private static void KeepAdvertisements()
    {
        foreach (string name in StateFile.Names(Ipv6))
            if (name is not ("all" or "default") && StateFile.TryRead($"{Ipv6}/{name}/accept_ra") is [(byte)'1', ..])
                Write($"{Ipv6}/{name}/accept_ra", '2');
    }

    /// <summary>Sets a sysctl of one digit, unless it is so already.</summary>
    public static void Write(string path, char value)
    {
        if (StateFile.TryRead(path) is { Length: > 0 } current && current[0] == value) return;
        using Fd fd = Files.Open(path, OpenFlags.O_WRONLY);
        Files.WriteAll(fd, [(byte)value]);
    }
}
